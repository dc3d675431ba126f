"""Where the bundled data and the released models lie.

In a checkout they stand at the top level (`datasets/`, `models/`), in an installed wheel inside
the package (`sacml/_datasets`, `sacml/_models`).
"""

from pathlib import Path

from sacml.errors import SacmlError

_PACKAGE = Path(__file__).resolve().parent


def _root(name: str) -> Path:
    installed = _PACKAGE / f"_{name}"
    if installed.is_dir():
        return installed
    checkout = _PACKAGE.parent / name
    if checkout.is_dir():
        return checkout
    raise SacmlError(
        f"the folder of bundled {name} was found neither at {installed} nor at {checkout}; "
        "reinstall sacml"
    )


def dataset_path(*parts: str) -> Path:
    """Path below the bundled `datasets/` folder, e.g. ``dataset_path("dft", "binding.csv")``."""
    return _root("datasets").joinpath(*parts)


def model_path(*parts: str) -> Path:
    """Path below the folder of released models, e.g. ``model_path("cycle_life")``."""
    return _root("models").joinpath(*parts)
