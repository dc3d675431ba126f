"""Grouped evaluation: every model beside its baselines, on folds that hold out whole groups."""

from sacml.evaluation.groups import SPLITS, make_splits
from sacml.evaluation.metrics import one_sided_error
from sacml.evaluation.protocol import EpochDone, Evaluation, FoldDone, evaluate
from sacml.evaluation.select import Choice, choose

__all__ = [
    "SPLITS",
    "Choice",
    "EpochDone",
    "Evaluation",
    "FoldDone",
    "choose",
    "evaluate",
    "make_splits",
    "one_sided_error",
]
