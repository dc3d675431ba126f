"""Which candidates are looked at: the space, its limits, its size, and how it is generated."""

from sacml.design.space.constraints import Constraints
from sacml.design.space.estimate import Estimate
from sacml.design.space.space import Space
from sacml.design.space.vocabulary import default_shells, plausible_centres

__all__ = ["Constraints", "Estimate", "Space", "default_shells", "plausible_centres"]
