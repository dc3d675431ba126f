"""Which candidate next: the space, the limits, the objectives and the ranking."""

from sacml.design.constraints import Constraints
from sacml.design.defaults import binding_window, default_objectives, ramp_from_records
from sacml.design.known import KnownSystem, KnownSystems, Nearest
from sacml.design.objectives import Objective
from sacml.design.proposals import Proposal, Proposals, TargetPrediction
from sacml.design.rank import rank
from sacml.design.space import Space
from sacml.design.vocabulary import default_shells, plausible_centres

__all__ = [
    "Constraints",
    "KnownSystem",
    "KnownSystems",
    "Nearest",
    "Objective",
    "Proposal",
    "Proposals",
    "Space",
    "TargetPrediction",
    "binding_window",
    "default_objectives",
    "default_shells",
    "plausible_centres",
    "ramp_from_records",
    "rank",
]
