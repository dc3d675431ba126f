"""Estimators for a user's structures: trees and a Gaussian process, with a mean per adsorbate."""

from collections.abc import Callable
from typing import Any

from sacml.models.samples.coregional import CoregionalGP
from sacml.models.samples.stack import Stack
from sacml.models.samples.trees import OffsetTrees

__all__ = ["MODELS", "CoregionalGP", "OffsetTrees", "Stack", "make_sample_model"]

MODELS = ("trees", "gp", "stack")
"""Models by name; `stack` is the mean of the two others."""


def make_sample_model(name: str, blocks: list[list[int]], category: int, seed: int = 0) -> Any:
    """Make an unfitted estimator; `blocks` and `category` as in `CoregionalGP`."""
    makers: dict[str, Callable[[], Any]] = {
        "trees": lambda: OffsetTrees(category, random_state=seed),
        "gp": lambda: CoregionalGP(blocks, category, random_state=seed),
        "stack": lambda: Stack([makers["trees"](), makers["gp"]()]),
    }
    return makers[name]()
