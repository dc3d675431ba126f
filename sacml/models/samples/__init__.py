"""Estimators for a user's structures: trees, a Gaussian process, graph networks, and a mean."""

from collections.abc import Callable, Sequence
from typing import Any

from sacml.models.samples.coregional import CoregionalGP
from sacml.models.samples.stack import Stack
from sacml.models.samples.trees import OffsetTrees

__all__ = [
    "IN_STACK",
    "MODELS",
    "TABULAR",
    "CoregionalGP",
    "OffsetTrees",
    "Stack",
    "make_sample_model",
]

TABULAR = ("trees", "gp", "stack")
"""Models of descriptors by name; `stack` is the weighted mean of the two others."""
IN_STACK = {"trees": 1.0, "gp": 3.0}
"""Members of `stack` and their weights: on the inner folds of one training fold of adsorption on
single-atom sites any share of the process between 0.7 and 0.9 did best, by rows and by sites."""
MODELS = (*TABULAR, "gnn")
"""All models; graph networks need the packages of the extra ``gnn``, and are slower by far."""


def make_sample_model(
    name: str,
    blocks: list[list[int]],
    category: int,
    seed: int = 0,
    same: Sequence[Sequence[int]] = (),
) -> Any:
    """Make an unfitted estimator; `blocks`, `category` and `same` as in `CoregionalGP`.

    One with a true attribute ``reads_graphs`` fits and predicts `SampleGraph` in place of rows.
    """
    if name == "gnn":
        from sacml.models.gnn import require_packages

        require_packages()
        from sacml.models.gnn.samples import SampleNetworks

        return SampleNetworks(seed=seed)
    makers: dict[str, Callable[[], Any]] = {
        "trees": lambda: OffsetTrees(category, random_state=seed),
        "gp": lambda: CoregionalGP(blocks, category, same, random_state=seed),
        "stack": lambda: Stack([makers[m]() for m in IN_STACK], [*IN_STACK.values()]),
    }
    return makers[name]()
