"""The scripts beside datasets/dft that make its tables; not part of an installed package."""

from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

import pytest

from sacml._resources import dataset_path


def script(name):
    """Import a script by its name; a test that asks for it is skipped where there is none."""
    path = dataset_path("dft", "build.py")
    if not path.exists():
        pytest.skip("build scripts are not part of an installed package", allow_module_level=True)
    spec = spec_from_loader("dft_build", SourceFileLoader("dft_build", str(path)))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)  # puts its folder on the path
    return module if name == "build" else import_module(name)
