"""Train on a user's own structures and predict for others."""

from sacml.workflows.samples.predict import predict_samples
from sacml.workflows.samples.train import SCHEMA, SampleStudy, train_samples

__all__ = ["SCHEMA", "SampleStudy", "predict_samples", "train_samples"]
