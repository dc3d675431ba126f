"""What a training that goes over its rows many times tells after each pass."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass of one member of an ensemble.

    Attributes
    ----------
    member, number
        Which member, from 1, and which of its passes, from 0.
    figures
        Name -> value: ``train_loss`` (mean over the pass, of standardised targets) and, where rows
        are held back to say when to stop, ``inner_mae`` (in the unit of a single target, in
        standard deviations of several).
    """

    member: int
    number: int
    figures: Mapping[str, float]


OnEpoch = Callable[[Epoch], None]


def tells_epochs(estimator: Any) -> bool:
    """Whether `fit` of an estimator takes ``on_epoch``."""
    return "on_epoch" in signature(estimator.fit).parameters
