"""Which candidate next: the space, the limits, the objectives and the ranking.

Each package uses those before it: `space`, `objectives`, `search`, `answer`. `rank` joins them.
`acquisition` says which labels teach most, and `backtest` how good such choices were.
"""

from sacml.design.acquisition import Batch, Pick, label_costs, next_batch
from sacml.design.answer import (
    FrontPoint,
    KnownRank,
    MetalBest,
    Proposal,
    Proposals,
    TargetPrediction,
    WindowShift,
)
from sacml.design.known import KnownSystem, KnownSystems, Nearest
from sacml.design.objectives import (
    Chance,
    Objective,
    binding_window,
    default_objectives,
    ramp_from_records,
)
from sacml.design.rank import rank
from sacml.design.space import (
    Constraints,
    Estimate,
    Space,
    default_shells,
    plausible_centres,
)

__all__ = [
    "Batch",
    "Chance",
    "Constraints",
    "Estimate",
    "FrontPoint",
    "KnownRank",
    "KnownSystem",
    "KnownSystems",
    "MetalBest",
    "Nearest",
    "Objective",
    "Pick",
    "Proposal",
    "Proposals",
    "Space",
    "TargetPrediction",
    "WindowShift",
    "binding_window",
    "default_objectives",
    "default_shells",
    "label_costs",
    "next_batch",
    "plausible_centres",
    "ramp_from_records",
    "rank",
]
