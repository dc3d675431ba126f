"""Fit the model of structures that is kept, and write it with its interval and its domain."""

import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from sacml.features.samples import SampleTable

LEVEL = 0.9


def fit_stored(
    estimator: Any, X: "NDArray[np.float64]", y: "NDArray[np.float64]", graphs: list[Any],
    groups: "NDArray[np.str_]", rows: "NDArray[np.intp]", on_epoch: Any,
) -> Any:  # fmt: skip
    """Fit an estimator on some rows: on their descriptors, or on their graphs if it reads these."""
    if not getattr(estimator, "reads_graphs", False):
        return estimator.fit(X[rows], y[rows])
    tell = None if on_epoch is None else partial(on_epoch, "gnn", "")
    return estimator.fit([graphs[i] for i in rows], y[rows], groups=groups[rows], on_epoch=tell)


def store_model(
    estimator: Any, frame: "pd.DataFrame", table: "SampleTable", known: tuple[str, ...],
    X: "NDArray[np.float64]", rows: "NDArray[np.intp]", summary: dict[str, Any], folder: Path,
) -> None:  # fmt: skip
    """Write a fitted model; `frame` holds its held-out rows, `X` and `table` all rows."""
    from sacml.features.samples import NAMES
    from sacml.models.samples.store import StoredModel
    from sacml.uncertainty import Calibration

    model = summary["model"]
    residual = (frame["observed"] - frame[model]).to_numpy()
    calibration = Calibration.of(residual, frame["group"].to_numpy(dtype=str))
    facts = {k: summary[k] for k in ("target", "unit", "model", "n_trained_on", "decided_by",
             "test_mae", "source", "digest", "input", "seed", "sacml_version")}  # fmt: skip
    half = calibration.half_width(LEVEL)
    facts |= {
        "features": list(NAMES),
        "adsorbates": list(known),
        "metals": sorted({table.metals[i] for i in rows}),
        "sites": sorted({table.sites[i] for i in rows}),
        "level": LEVEL,
        "half_width": half if math.isfinite(half) else None,
        "n_calibration_groups": calibration.n_groups,
        "low": X[rows].min(0).tolist(),
        "high": X[rows].max(0).tolist(),
    }
    StoredModel.of(estimator, facts).save(folder)
