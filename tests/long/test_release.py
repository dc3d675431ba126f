"""The released models come from `datasets/` alone: rebuilding them gives the same models."""

from pathlib import Path

import numpy as np
import pytest

from sacml.domain import PRIMARY, Candidate
from sacml.features import CandidateTable
from sacml.models import load, load_released
from sacml.workflows.train import release

REPO = Path(__file__).parents[2]
ASKED = (
    "Co-N4@graphene;Li;j=3;q=3",
    "Zn-?@hard_carbon;Na;j=1;q=1;cell=symmetric",
    "@graphene;K",
    "Fe+Ni-N6@n_doped_carbon;Li;j=0.5;cell=half;electrolyte=ether",
)
pytestmark = pytest.mark.long


def test_rebuilding_the_released_models_changes_nothing(tmp_path):
    release(tmp_path, REPO / "experiments" / "study.toml", say=lambda _: None)
    table = CandidateTable.from_candidates([Candidate.parse(text) for text in ASKED])
    committed = sorted(p.relative_to(REPO / "models") for p in REPO.glob("models/*/*"))
    assert sorted(p.relative_to(tmp_path) for p in tmp_path.glob("*/*")) == committed
    for name in PRIMARY:
        old, new = load_released(name), load(tmp_path / name)
        assert (new.model, new.trained_on) == (old.model, old.trained_on)
        for fact in ("dataset", "records", "features", "hyperparameters"):
            assert new.facts[fact] == old.facts[fact], (name, fact)
        assert new.facts["evaluation"]["splits"] == old.facts["evaluation"]["splits"]
        before, after = old.predict(table), new.predict(table)
        # other processors may differ in the last digits of a linear solve
        for column in ("value", "lower", "upper"):
            np.testing.assert_allclose(getattr(after, column), getattr(before, column), rtol=1e-5)
