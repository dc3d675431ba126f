"""The released models come from `datasets/` alone: rebuilding them gives the same models."""

from pathlib import Path

import numpy as np
import pytest

from sacml.domain import PRIMARY, Candidate
from sacml.features import CandidateTable
from sacml.workflows.roles import load_refine, load_surrogates
from sacml.workflows.train import release

REPO = Path(__file__).parents[2]
ASKED = (
    "Co-N4@graphene;Li;j=3;q=3",
    "Zn-?@hard_carbon;Na;j=1;q=1;cell=symmetric",
    "@graphene;K",
    "Fe+Ni-N6@n_doped_carbon;Li;j=0.5;cell=half;electrolyte=ether",
)
pytestmark = pytest.mark.long


def stored(root):
    return sorted(p.relative_to(root) for p in root.rglob("*") if p.is_file())


def test_rebuilding_the_released_models_changes_nothing(tmp_path):
    release(tmp_path, REPO / "experiments" / "study.toml", say=lambda _: None)
    table = CandidateTable.from_candidates([Candidate.parse(text) for text in ASKED])
    assert stored(tmp_path) == stored(REPO / "models")
    screen = load_surrogates(), load_surrogates(models=tmp_path)
    refine = load_refine(screen[0]), load_refine(screen[1], tmp_path)
    for before, after in (screen, refine):
        for name in PRIMARY:
            old, new = before[name], after[name]
            assert (new.model, new.trained_on) == (old.model, old.trained_on)
            for fact in ("dataset", "records", "features", "hyperparameters", "roles"):
                assert new.facts[fact] == old.facts[fact], (name, fact)
            assert new.facts["evaluation"]["splits"] == old.facts["evaluation"]["splits"]
            was, found = old.predict(table), new.predict(table)
            # other processors may differ in the last digits of a linear solve
            for column in ("value", "lower", "upper"):
                np.testing.assert_allclose(getattr(found, column), getattr(was, column), rtol=1e-5)
    for card in REPO.glob("models/**/DATA_CARD.md"):
        again = tmp_path / card.relative_to(REPO / "models")
        assert again.read_text() == card.read_text(), card
