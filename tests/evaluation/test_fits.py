"""What an estimator is given inside a fold, and what is kept of it."""

import numpy as np
import pytest
from synthetic import dataset

from sacml.evaluation import evaluate, make_splits
from sacml.evaluation import fits as module
from sacml.evaluation.cells import Cell, run_cell
from sacml.models.described import Described
from sacml.models.predictors import ConstantPredictor
from sacml.uncertainty import Applicability

DATA = dataset(n=48, n_sources=12)
LOSO = "leave_one_source_out"


class Spy(ConstantPredictor):
    """Predicts zero and remembers what it was fitted with."""

    seen: list = []

    def __init__(self):
        super().__init__(np.zeros(1))

    def fit(self, X, y, bound=None, groups=None):
        self.seen.append((len(X), bound, groups))
        return self

    def predictor(self):
        return self


class Stored:
    """What is stored of a model: two columns and a spread."""

    columns = np.array([0, 1])

    def spread(self, Z):
        assert Z.shape[1] == 2
        return np.full(len(Z), 0.3)


class WithStored(Spy):
    def predictor(self):
        return Stored()


class WithOwn(Spy):
    def spread(self, X):
        return np.full(len(X), 0.2)

    def predictor(self):
        raise AssertionError("not needed")


@pytest.fixture
def spied(monkeypatch):
    def use(kind):
        kind.seen = []
        monkeypatch.setattr(module, "make_model", lambda name, seed=0: kind())
        described = Described.of(DATA.records, "cycle_life")
        split = make_splits(described, [LOSO], 0)[0][LOSO]
        return run_cell(described, split, Cell(LOSO, "constant", "all", 0)), kind.seen

    return use


def test_bounds_and_groups_reach_the_estimator(spied):
    table, seen = spied(Spy)
    assert len(seen) == 12
    for n, bound, groups in seen:
        assert len(bound) == len(groups) == n == 44
        assert len(set(groups)) == 11
    assert table["spread"].isna().all()


def test_an_estimator_without_groups_gets_none(spied):
    class Plain(Spy):
        def fit(self, X, y, bound=None):
            return self

    assert len(spied(Plain)[0]) == 48


@pytest.mark.parametrize(("kind", "value"), [(WithStored, 0.3), (WithOwn, 0.2)])
def test_the_spread_is_kept(spied, kind, value):
    table, _ = spied(kind)
    # the mean over the possible shells of a record; they agree here
    np.testing.assert_allclose(table["spread"], value)


def test_the_domain_is_that_of_the_training_rows():
    found = evaluate(DATA, "cycle_life", ("constant", "ridge"), ("leave_one_metal_out",),
                     trained_on=("all",), domain=True)  # fmt: skip
    ridge = found.predictions[found.predictions["model"] == "ridge"]
    described = Described.of(DATA.records, "cycle_life")
    fold = found.splits["leave_one_metal_out"].folds[0]
    predictor = module.fit(
        described, "ridge", 0, fold.train, np.full(len(described), "")
    ).predictor()
    known = Applicability.of(described.table.take(fold.train), ["metal"])
    assert fold.group not in known.metals
    assert predictor.columns.size
    flags = ridge.loc[ridge["fold"] == fold.group, "flags"].to_numpy(dtype=np.uint32)
    from sacml.uncertainty.rules import Flag

    assert (flags & np.uint32(Flag.METAL | Flag.NEAR_METAL)).all()
    plain = evaluate(DATA, "cycle_life", ("constant",), ("random",), trained_on=("all",))
    assert "in_domain" not in plain.predictions


class Reader(Spy):
    """Reads candidates, and none whose centre is Co."""

    reads_candidates = True

    def fit(self, X, y, bound=None, groups=None):
        assert len(X) == len(y)
        assert not self.refused(X), "what it cannot read must not reach it"
        self.seen.append(len(X))
        return self

    def refused(self, X):
        return {i: "no Co" for i in range(len(X)) if "Co" in X.site(i).metals}

    def predict_with_spread(self, X):
        assert not self.refused(X)
        return np.ones(len(X)), np.full(len(X), 0.5)


def test_rows_that_a_model_cannot_read_neither_teach_nor_are_judged(spied):
    table, seen = spied(Reader)
    described = Described.of(DATA.records, "cycle_life")
    lost = {r.record_id for r in described.records if "Co" in r.site.metals}
    assert 0 < len(lost) < len(DATA.records)
    assert set(table["record_id"]) == {r.record_id for r in described.records} - lost
    # the source that holds nothing else has no fold
    assert len(seen) == table["fold"].nunique() == 11
    assert max(seen) <= len(described) - len(lost)
    assert table["middle"].tolist() == [1.0] * len(table)
    np.testing.assert_allclose(table["spread"], 0.5)


def test_a_model_that_can_read_nothing_is_said_and_left_out(monkeypatch):
    class Blind(Reader):
        def refused(self, X):
            return dict.fromkeys(range(len(X)), "no structure; try another")

    made = module.make_model
    monkeypatch.setattr(
        module, "make_model", lambda n, seed=0: Blind() if n == "gnn" else made(n, seed)
    )
    found = evaluate(DATA, "cycle_life", ("constant", "gnn"), (LOSO,), trained_on=("all",))
    assert set(found.scores["model"]) == {"constant"}
    assert "gnn stands on 0 of 48 rows" in found.skipped["gnn, rows"]
    assert "no structure (r0, r1," in found.skipped["gnn, rows"]
    assert "can read" in found.skipped[f"gnn, {LOSO}, trained on all"]
