"""The model as code that MLflow stores and runs when a logged surrogate is loaded.

Never imported by sacml: MLflow executes this file. Nothing is unpickled; the surrogate is read
from its checked folder among the artifacts.
"""

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
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
        """Predict the rows of a DataFrame."""
        from sacml.tracking.serving import predict_frame

        level = float((params or {}).get("level", 0.9))
        return predict_frame(self.surrogate, model_input, level)


set_model(SurrogateModel())
