"""The released models come from `datasets/` alone: rebuilding them gives the same files."""

from pathlib import Path

import pytest

from sacml.workflows.train import release

REPO = Path(__file__).parents[2]
pytestmark = pytest.mark.long


def test_rebuilding_the_released_models_changes_nothing(tmp_path):
    release(tmp_path, REPO / "experiments" / "study.toml", say=lambda _: None)
    committed = sorted(p.relative_to(REPO / "models") for p in REPO.glob("models/*/*"))
    rebuilt = sorted(p.relative_to(tmp_path) for p in tmp_path.glob("*/*"))
    assert rebuilt == committed
    for name in committed:
        assert (tmp_path / name).read_bytes() == (REPO / "models" / name).read_bytes(), name
