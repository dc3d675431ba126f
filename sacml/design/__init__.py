"""Which candidate next: the space, the limits, the objectives and the ranking."""

from sacml.design.acquisition import next_batch
from sacml.design.acquisition_batch import Batch, Pick
from sacml.design.acquisition_costs import label_costs
from sacml.design.chances import Chance
from sacml.design.constraints import Constraints
from sacml.design.defaults import binding_window, default_objectives, ramp_from_records
from sacml.design.estimate import Estimate
from sacml.design.findings import FrontPoint, KnownRank, MetalBest, WindowShift
from sacml.design.known import KnownSystem, KnownSystems, Nearest
from sacml.design.objectives import Objective
from sacml.design.prediction import TargetPrediction
from sacml.design.proposal import Proposal
from sacml.design.proposals import Proposals
from sacml.design.rank import rank
from sacml.design.space import Space
from sacml.design.vocabulary import default_shells, plausible_centres

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
