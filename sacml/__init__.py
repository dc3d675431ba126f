"""sacml: which single-atom catalyst to compute, make and test next for an alkali-metal anode."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Public name -> module that holds it. Loaded on first use, so that `import sacml` stays light.
_LAZY = {
    "Candidate": "sacml.domain",
    "Conditions": "sacml.domain",
    "Host": "sacml.domain",
    "Site": "sacml.domain",
    "Target": "sacml.domain",
    "load_dataset": "sacml.data",
    "predict": "sacml.workflows",
    "propose": "sacml.workflows",
    "train": "sacml.workflows",
}
__all__ = [
    "Candidate",
    "Conditions",
    "Host",
    "Site",
    "Target",
    "__version__",
    "load_dataset",
    "predict",
    "propose",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'sacml' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
