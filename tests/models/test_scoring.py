import numpy as np
import pytest

from sacml.domain import Candidate
from sacml.features import FEATURE_NAMES, CandidateTable, describe
from sacml.models.scoring import _CONDITIONS, components, score

TEXTS = [
    "Co-N4@graphene;Li;j=1;q=1;T=25;electrolyte=ether;cell=half;role=host",
    "Fe+Ni-N6(pyrrolic)+OH~S1@graphene;Na;j=2;q=3;cell=full;role=interlayer",
    "Zr-N2C2(trans)+O@cnt(10,0);K;j=5",
    "Zn-C3@ti3c2(v=Ti,T=Cl);Li;q=2;electrolyte=solid",
    "vac-N4@hard_carbon;Na",
    "@graphene;K;T=60",
    "Pt-N2@g_c3n4|ti3c2;Li",
]
PARTS = ("surrounding_index", "modifier_index", "alkali_index", *_CONDITIONS)


class Sum:
    """A predictor that adds up its columns and remembers what it was shown."""

    kind = "sum"

    def __init__(self, columns):
        self.columns = np.asarray(columns, dtype=np.int64)
        self.shown = 0

    def predict(self, Z):
        self.shown += len(Z)
        return Z.astype(np.float64).sum(axis=1)


def table(texts=TEXTS):
    return CandidateTable.from_candidates([Candidate.parse(t) for t in texts])


def test_a_feature_depends_on_nothing_but_its_components():
    """Exchange one component between rows: only features said to depend on it may change."""
    base = table()
    before = describe(base)
    order = np.roll(np.arange(len(base)), 1)
    fields = {n: getattr(base, n) for n in base.__slots__}
    for part in PARTS:
        changed = CandidateTable(**(fields | {part: getattr(base, part)[order]}))
        moved = (describe(changed) != before).any(axis=0)
        for name in np.array(FEATURE_NAMES)[moved]:
            assert part in components([name]), (name, part)
        assert moved.any(), part
    # centre, shell and host only fit together: exchange them as a site
    site = ("centre_index", "shell_index", "host_index")
    changed = CandidateTable(**(fields | {part: getattr(base, part)[order] for part in site}))
    for name in np.array(FEATURE_NAMES)[(describe(changed) != before).any(axis=0)]:
        assert set(site) & set(components([name])), name


@pytest.mark.parametrize("prefix", ["alkali_", "cond_", "metal_", "shell_", "mod_", "pair_", ""])
def test_scores_equal_those_of_every_row_on_its_own(prefix):
    columns = [i for i, n in enumerate(FEATURE_NAMES) if n.startswith(prefix)]
    asked = table().take(np.random.default_rng(0).integers(0, len(TEXTS), 200))
    expected = describe(asked)[:, columns].astype(np.float64).sum(axis=1)
    predictor = Sum(columns)
    assert score(predictor, asked) == pytest.approx(expected)
    assert predictor.shown <= len(TEXTS)


def test_a_model_of_the_alkali_alone_sees_three_rows():
    columns = [i for i, n in enumerate(FEATURE_NAMES) if n.startswith("alkali_")]
    predictor = Sum(columns)
    score(predictor, table(TEXTS * 50))
    assert predictor.shown == 3


def test_no_columns_and_no_rows():
    assert score(Sum([]), table()).tolist() == [0] * len(TEXTS)
    assert score(Sum([0]), table().take([])).size == 0
