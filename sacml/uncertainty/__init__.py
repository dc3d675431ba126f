"""Intervals with a grouped guarantee, and the domain in which a model was taught."""

from sacml.uncertainty.domain import Applicability
from sacml.uncertainty.grouped import Calibration, CalibrationError, groups_needed

__all__ = ["Applicability", "Calibration", "CalibrationError", "groups_needed"]
