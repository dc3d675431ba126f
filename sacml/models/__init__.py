"""Surrogates: estimators to fit, predictors that need no scikit-learn, and the model store.

Names are loaded on first use, so that predicting imports neither scikit-learn nor pandas.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sacml.models.fitting import fit_surrogate
    from sacml.models.predictions import Predictions
    from sacml.models.registry import MODEL_NAMES, make_model
    from sacml.models.store import load, load_released, save
    from sacml.models.surrogate import Surrogate
    from sacml.models.tuning import Tuning, tune

_LAZY = {
    "MODEL_NAMES": "registry",
    "Predictions": "predictions",
    "Surrogate": "surrogate",
    "Tuning": "tuning",
    "fit_surrogate": "fitting",
    "load": "store",
    "load_released": "store",
    "make_model": "registry",
    "save": "store",
    "tune": "tuning",
}
__all__ = [
    "MODEL_NAMES",
    "Predictions",
    "Surrogate",
    "Tuning",
    "fit_surrogate",
    "load",
    "load_released",
    "make_model",
    "save",
    "tune",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f"sacml.models.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'sacml.models' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
