"""The answer of a search: the list with its reasons, and what was found beside it."""

from sacml.design.answer.findings import FrontPoint, KnownRank, MetalBest, WindowShift
from sacml.design.answer.prediction import TargetPrediction
from sacml.design.answer.proposal import Proposal
from sacml.design.answer.proposals import Proposals

__all__ = [
    "FrontPoint",
    "KnownRank",
    "MetalBest",
    "Proposal",
    "Proposals",
    "TargetPrediction",
    "WindowShift",
]
