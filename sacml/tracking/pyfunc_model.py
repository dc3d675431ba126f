"""The model as code that MLflow stores and runs when a logged surrogate is loaded.

Never imported by sacml: MLflow executes this file. Nothing is unpickled; the surrogate is read
from its checked folder among the artifacts.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc import PythonModel


class SurrogateModel(PythonModel):
    """Sites in line notation in; value, interval, unit, domain flag and reasons out."""

    def load_context(self, context: Any) -> None:
        """Load and check the stored surrogate."""
        from sacml.models import store

        self.surrogate = store.load(Path(context.artifacts["surrogate"]))

    # MLflow reads these hints: a DataFrame is one that it knows
    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Predict the rows of a DataFrame; an end without bound is None, as JSON has no infinity.

        Raises
        ------
        MlflowException
            In place of our own errors: what the server shows to the client is its text alone.
        """
        from sacml.errors import SacmlError
        from sacml.tracking.serving import predict_frame

        try:
            found = predict_frame(self.surrogate, model_input, (params or {}).get("level", 0.9))
        except SacmlError as error:
            raise MlflowException(str(error), error_code=INVALID_PARAMETER_VALUE) from None
        for end in ("lower", "upper"):
            bounded = np.isfinite(found[end].to_numpy(dtype=float))
            if not bounded.all():
                found[end] = found[end].astype(object).where(bounded, None)
        return found


set_model(SurrogateModel())
