"""What is wanted of a candidate, how likely it must be, and the defaults with their sources."""

from sacml.design.objectives.chances import Chance
from sacml.design.objectives.defaults import (
    binding_window,
    default_objectives,
    ramp_from_records,
)
from sacml.design.objectives.objective import Objective

__all__ = ["Chance", "Objective", "binding_window", "default_objectives", "ramp_from_records"]
