"""Descriptors: candidates in columns (`CandidateTable`) and what a model sees of them."""

from sacml.features.assemble import describe
from sacml.features.catalogue import FEATURE_NAMES, FEATURES, feature_table, schema_digest
from sacml.features.descriptors import Descriptors
from sacml.features.feature import Feature
from sacml.features.table import CandidateTable

__all__ = [
    "FEATURES",
    "FEATURE_NAMES",
    "CandidateTable",
    "Descriptors",
    "Feature",
    "describe",
    "feature_table",
    "schema_digest",
]
