"""What is asked of the environment, and that nothing is imported before it is needed."""

import subprocess
import sys

import pytest

from sacml.errors import SacmlError
from sacml.models import gnn


def test_missing_packages_are_named_with_the_remedy(monkeypatch):
    gnn.require_packages()
    monkeypatch.setattr(gnn, "PACKAGES", ("torch", "no_such_package"))
    with pytest.raises(SacmlError, match=r"need no_such_package: .*sacml\[gnn\]"):
        gnn.require_packages()


def test_graphs_and_the_package_import_no_torch():
    code = (
        "import sys, sacml.models.gnn, sacml.structures.graphs; "
        "sys.exit(any(m in sys.modules for m in ('torch', 'lightning', 'vesin')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
