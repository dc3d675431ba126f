"""The registered network keeps the contract of a surrogate: fit, predict, store, card."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sacml.data import Dataset, Record
from sacml.domain import Candidate, Conditions, Site
from sacml.errors import ModelFileError, SacmlError
from sacml.evaluation import evaluate
from sacml.features import CandidateTable
from sacml.models import fit_surrogate, make_model, store
from sacml.models.gnn.network import NetworkOptions
from sacml.models.gnn.training import TrainingOptions
from sacml.models.scoring import score_rows
from sacml.structures import build
from sacml.structures.graphs import GraphError

METALS = ("Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu")
TEXTS = tuple(f"{m}-N4@graphene;{a}" for m in METALS for a in ("Li", "Na"))
Y = np.linspace(-3.0, -1.0, len(TEXTS))


def table(*texts):
    return CandidateTable.from_candidates([Candidate.parse(t) for t in texts])


def small(seed=0):
    """The registered model, made small."""
    return make_model("gnn", seed).set_params(
        network=NetworkOptions("invariant", width=8, layers=1, basis=6, cutoff_A=3.5),
        training=TrainingOptions(members=2, epochs=4, batch=8),
    )


@pytest.fixture(scope="module")
def fitted():
    return small().fit(table(*TEXTS), Y, bound=["reported"] * len(Y), groups=list(METALS) * 2)


def test_it_is_fitted_where_it_is_asked_to_be_and_returns_itself():
    model = small()
    before = repr(model.get_params())
    assert model.fit(table(*TEXTS), Y) is model
    assert repr(model.get_params()) == before
    found = model.predict(table(*TEXTS))
    assert found.shape == Y.shape
    assert found.dtype == np.float64
    assert np.isfinite(found).all()


def test_a_clone_is_unfitted_and_fits_to_the_same(fitted):
    copy = clone(fitted)
    assert repr(copy.get_params()) == repr(fitted.get_params())
    with pytest.raises(NotFittedError):
        copy.predict(table(*TEXTS))
    again = copy.fit(table(*TEXTS), Y, groups=list(METALS) * 2).predict(table(*TEXTS))
    assert (again == fitted.predict(table(*TEXTS))).all()


def test_a_seed_decides_and_nothing_else():
    def predict(seed):
        return small(seed).fit(table(*TEXTS), Y).predict(table(*TEXTS))

    assert (predict(1) == predict(1)).all()
    assert (predict(1) != predict(2)).any()


def test_rows_may_come_in_any_order_and_alone(fitted):
    order = np.random.default_rng(0).permutation(len(TEXTS))
    whole = fitted.predict(table(*TEXTS))
    mixed = fitted.predict(table(*TEXTS).take(order))
    np.testing.assert_allclose(mixed, whole[order], rtol=1e-5, atol=1e-6)
    assert fitted.predict(table(TEXTS[3])) == pytest.approx([whole[3]], rel=1e-5)
    assert fitted.predict(table(*TEXTS).take(np.array([], dtype=int))).shape == (0,)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_label_that_is_no_number_is_refused(wrong):
    y = Y.copy()
    y[2] = wrong
    with pytest.raises(SacmlError, match="number"):
        small().fit(table(*TEXTS), y)


def test_one_row_is_its_own_value():
    found = small().fit(table(TEXTS[0]), [-2.0]).predict(table(TEXTS[0], TEXTS[5]))
    assert np.isfinite(found).all()
    assert abs(found[0] + 2.0) < 1.0


def test_a_metal_never_seen_is_predicted_by_its_descriptors(fitted):
    found = fitted.predict(table("Pt-N4@graphene;Li", "Ru-N4@graphene;Li"))
    assert np.isfinite(found).all()
    assert found[0] != found[1]


def test_what_cannot_be_built_is_named_and_neither_fitted_nor_predicted(fitted):
    asked = table(TEXTS[0], "@nitride;Li", TEXTS[1])
    refused = fitted.refused(asked)
    assert list(refused) == [1]
    assert "no structure can be built" in refused[1]
    for call in (fitted.predict, lambda t: small().fit(t, Y[:3])):
        with pytest.raises(GraphError, match="@nitride;Li"):
            call(asked)


def test_it_predicts_from_the_structure_as_built(fitted):
    """Nothing relaxed is read: the graph is that of `build`."""
    from sacml.structures.graphs import GraphOptions, graph

    mine = fitted.predictor().graphs.of(table(TEXTS[0]))[0]
    built = graph(build("Ti-N4@graphene", "Li"), options=GraphOptions(3.5))
    assert (mine.edge_index == built.edge_index).all()
    assert (mine.distance == built.distance).all()


def test_epochs_are_told_for_every_member():
    seen = []
    small().fit(table(*TEXTS), Y, groups=list(METALS) * 2, on_epoch=seen.append)
    assert {(e.member, e.number) for e in seen} == {(m, n) for m in (1, 2) for n in range(4)}
    assert all(set(e.figures) == {"train_loss", "inner_mae"} for e in seen)
    assert all(np.isfinite(list(e.figures.values())).all() for e in seen)
    # in the unit of the target: errors of the order of its spread
    assert 0.05 < np.mean([e.figures["inner_mae"] for e in seen]) < 3.0


def test_equal_rows_are_scored_once(fitted, monkeypatch):
    asked = []
    predictor = fitted.predictor()
    monkeypatch.setattr(
        type(predictor.graphs), "of",
        lambda self, t, _of=type(predictor.graphs).of: asked.append(len(t)) or _of(self, t),
    )  # fmt: skip
    values, spread, bits = score_rows(predictor, table(*TEXTS[:2] * 3))
    assert asked == [2]
    np.testing.assert_allclose(values, np.tile(fitted.predict(table(*TEXTS[:2])), 3), rtol=1e-5)
    assert spread.shape == bits.shape == (6,)


# --- as a surrogate ------------------------------------------------------------------------------


def records():
    hosts = ["graphene"] * 14 + ["nitride"] * 2
    return tuple(
        Record(
            record_id=f"r{i}",
            site=Site.parse("@nitride" if host == "nitride" else TEXTS[i].split(";")[0]),
            alkali=TEXTS[i].split(";")[1],
            target="nucleation_overpotential",
            value=float(20 + 5 * (i % 8)),
            conditions=Conditions(current_density_mA_cm2=1.0 + i % 2),
            source_group=f"s{i % 4}",
        )
        for i, host in enumerate(hosts)
    )


@pytest.fixture(scope="module")
def data():
    return Dataset("small", records(), "0" * 64)


@pytest.fixture(scope="module")
def made(data):
    """An evaluation and a surrogate of the registered network, made small."""
    patch = pytest.MonkeyPatch()
    for name in ("sacml.evaluation.fits", "sacml.models.fitting"):
        patch.setattr(
            f"{name}.make_model",
            lambda n, seed=0, _make=make_model: small(seed) if n == "gnn" else _make(n, seed),
        )
    epochs = []
    found = evaluate(
        data, "nucleation_overpotential", ("constant", "ridge", "gnn"), ("leave_one_source_out",),
        0, on_epoch=epochs.append, trained_on=("all",), domain=True,
    )  # fmt: skip
    surrogate = fit_surrogate(data, "nucleation_overpotential", "gnn", evaluation=found)
    patch.undo()
    return found, surrogate, epochs


def test_its_scores_say_on_how_many_rows_they_stand(made):
    found, _, epochs = made
    rows = found.scores[found.scores["rows"] == "all"].set_index("model")
    assert rows["n_records"].to_dict() == {"constant": 16, "ridge": 16, "gnn": 14}
    assert "14 of 16 rows" in found.skipped["gnn, rows"]
    assert "r14, r15" in found.skipped["gnn, rows"]
    # paired with the constant on the same 14 rows
    p = found.predictions.set_index("record_id")
    mine = p[p["model"] == "gnn"]["error"]
    base = p[p["model"] == "constant"]["error"].loc[mine.index]
    assert rows.loc["gnn", "delta_constant"] == pytest.approx((mine - base).mean())
    assert found.best().model != "gnn", "judged on fewer rows it is not compared for the release"
    assert {(e.model, e.fold) for e in epochs} == {("gnn", f"s{i}") for i in range(4)}


def test_a_held_out_row_does_not_teach(made, data, fitted):
    """Scalers and early stopping stay inside the fold: another held-out value changes nothing."""
    from dataclasses import replace

    from sacml.evaluation import make_splits
    from sacml.evaluation.fits import fit_folds
    from sacml.models.described import Described

    patch = pytest.MonkeyPatch()
    patch.setattr("sacml.evaluation.fits.make_model", lambda n, seed=0: small(seed))
    described = Described.of(data.records, "nucleation_overpotential")
    split = make_splits(described, ["leave_one_source_out"], 0)[0]["leave_one_source_out"]
    fold = split.folds[:1]
    changed = described.y.copy()
    changed[fold[0].test] += 5.0
    groups = np.array([r.source_group for r in described.records])
    mask = np.ones(len(described), dtype=bool)
    one, two = (
        next(fit_folds(d, "gnn", 0, fold, mask, groups))[1].middle
        for d in (described, replace(described, y=changed))
    )
    patch.undo()
    assert (one == two).all()


def test_a_stored_surrogate_answers_the_same(made, tmp_path):
    _, surrogate, _ = made
    folder = store.save(surrogate, tmp_path / "gnn")
    assert {p.name for p in folder.iterdir()} == {
        "model.json", "network.json", "weights.safetensors", "MODEL_CARD.md", "model.sha256",
    }  # fmt: skip
    again = store.load(folder)
    assert again.version == surrogate.version
    asked = table(*TEXTS[:4], "Co-?@graphene;K;j=2")
    one, two = surrogate.predict(asked), again.predict(asked)
    for name in ("value", "lower", "upper", "spread", "flags"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    card = (folder / "MODEL_CARD.md").read_text()
    assert "2 more cannot be read by the model" in card
    assert "network.width=8" in card
    assert list(again.facts["not_read"]) == ["r14", "r15"]
    assert "torch" in again.facts["versions"]


@pytest.mark.parametrize("name", ["network.json", "weights.safetensors"])
def test_an_altered_or_foreign_file_is_refused(made, tmp_path, name):
    folder = store.save(made[1], tmp_path / "gnn")
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-2] + b"  ")
    with pytest.raises(ModelFileError, match="altered"):
        store.load(folder)
    (folder / name).unlink()
    with pytest.raises(ModelFileError, match="missing"):
        store.load(folder)
    # another kind in the same folder leaves nothing of the network behind
    ridge = fit_surrogate(Dataset("small", records(), "0" * 64), "nucleation_overpotential",
                          "ridge")  # fmt: skip
    store.save(ridge, folder)
    assert not (folder / "weights.safetensors").exists()
    assert store.load(folder).model == "ridge"
