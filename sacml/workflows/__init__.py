"""The jobs a person asks for; the command line, scripts and Python all call these functions."""

from sacml.workflows.config import ConfigError, ProposalConfig, StudyConfig
from sacml.workflows.predict import PredictionRow, predict, predict_table
from sacml.workflows.propose import propose
from sacml.workflows.results import StudyResult
from sacml.workflows.train import train

__all__ = [
    "ConfigError",
    "PredictionRow",
    "ProposalConfig",
    "StudyConfig",
    "StudyResult",
    "predict",
    "predict_table",
    "propose",
    "train",
]
