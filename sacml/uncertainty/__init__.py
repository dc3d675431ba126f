"""Intervals with a grouped guarantee, and the domain in which a model was taught."""

from sacml.uncertainty.cqr import QuantileCalibration
from sacml.uncertainty.cross import CrossConformal
from sacml.uncertainty.domain import Applicability
from sacml.uncertainty.grouped import Calibration
from sacml.uncertainty.quantile import CalibrationError, groups_needed
from sacml.uncertainty.verdict import FlagVerdict, judge_flag

__all__ = [
    "Applicability",
    "Calibration",
    "CalibrationError",
    "CrossConformal",
    "FlagVerdict",
    "QuantileCalibration",
    "groups_needed",
    "judge_flag",
]
