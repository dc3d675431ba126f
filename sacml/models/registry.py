"""Models by name. A model's file registers how it is made; the order is from simple to complex."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from sacml.errors import SacmlError, unknown

TABULAR: tuple[str, ...] = (
    "constant",
    "alkali_mean",
    "alkali_shell_mean",
    "same_metal_mean",
    "conditions_only",
    "ridge",
    "ridge_tuned",
    "mixed_linear",
    "censored_linear",
    "extra_trees",
    "random_forest",
    "extra_trees_tuned",
    "hist_boosting",
    "gaussian_process",
    "gaussian_process_periodic",
    "gaussian_process_tuned",
)
"""Models of the descriptors of a candidate."""
GRAPHS: tuple[str, ...] = ("gnn",)
"""Models of its structure, which need the packages of the extra ``gnn``."""
MODEL_NAMES = TABULAR + GRAPHS
"""All models, the simplest first: a tie goes to the one that stands earlier."""

_MODULES = (
    "constant", "group_mean", "conditions_only", "ridge", "forests", "boosting", "processes",
    "tuned",
)  # fmt: skip
_FACTORIES: dict[str, Callable[[int, Sequence[str]], Any]] = {}

Factory = Callable[[int, Sequence[str]], Any]


def register(name: str) -> Callable[[Factory], Factory]:
    """Register how a model is made from a seed and the feature names."""

    def keep(factory: Factory) -> Factory:
        if name in _FACTORIES or name not in MODEL_NAMES:
            raise ValueError(f"model {name!r} is registered twice or is not listed in MODEL_NAMES")
        _FACTORIES[name] = factory
        return factory

    return keep


def columns_of(feature_names: Sequence[str], *prefixes: str) -> tuple[int, ...]:
    """Numbers of the columns whose name starts with one of the prefixes."""
    found = tuple(i for i, n in enumerate(feature_names) if n.startswith(prefixes))
    if not found:
        raise SacmlError(
            f"no feature starts with {' or '.join(prefixes)}; given are "
            + (", ".join(list(feature_names)[:20]) or "none")
        )
    return found


def make_model(name: str, seed: int = 0, feature_names: Sequence[str] | None = None) -> Any:
    """Make an unfitted estimator.

    Parameters
    ----------
    name
        One of `MODEL_NAMES`.
    feature_names
        Names of the columns of X; default: `sacml.features.FEATURE_NAMES`.

    Notes
    -----
    An estimator with a true attribute ``reads_candidates`` fits and predicts a `CandidateTable` in
    place of X, and ``refused(table)`` names the rows that it cannot read.

    Raises
    ------
    SacmlError
        For an unknown name, or packages that are missing.
    """
    factory = _factory(name)
    if feature_names is None:
        from sacml.features import FEATURE_NAMES

        feature_names = FEATURE_NAMES
    return factory(seed, feature_names)


def module_of(name: str) -> str:
    """Name of the module that registers a model; errors as `make_model`."""
    return _factory(name).__module__


def _factory(name: str) -> Factory:
    if name not in MODEL_NAMES:
        raise unknown("model", name, MODEL_NAMES)
    if name in GRAPHS:
        from sacml.models.gnn import require_packages

        require_packages()
    for module in (*_MODULES, *(("gnn.estimator",) if name in GRAPHS else ())):
        import_module(f"sacml.models.{module}")
    return _FACTORIES[name]
