"""MLflow: studies as parent and nested runs, released surrogates as pyfunc models.

MLflow is imported on first use, never by importing this package.
"""

from sacml.tracking.backend import TrackingError, check_uri, default_uri
from sacml.tracking.query import list_runs
from sacml.tracking.silent import Silent
from sacml.tracking.study import StudyTracker

__all__ = [
    "Silent",
    "StudyTracker",
    "TrackingError",
    "check_uri",
    "default_uri",
    "list_runs",
]
