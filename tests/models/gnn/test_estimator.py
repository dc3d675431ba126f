"""The network as a model of candidates: the contract of the others, and its store."""

import json

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sacml.domain import Candidate
from sacml.errors import ModelFileError, SacmlError
from sacml.features import CandidateTable
from sacml.models.gnn import store
from sacml.models.gnn.candidates import CandidateGraphs, buildable
from sacml.models.gnn.estimator import GraphPredictor, GraphRegressor
from sacml.models.gnn.network import NetworkOptions
from sacml.models.gnn.training import TrainingOptions
from sacml.structures.graphs import GraphError

SMALL = NetworkOptions("invariant", width=8, layers=1, basis=6, cutoff_A=3.6)
SHORT = TrainingOptions(members=2, epochs=3, batch=8)
TEXTS = ("Ti-N4@graphene;Li", "Fe-N4@graphene;Na;j=1;q=1", "Co-N4@graphene;K", "@graphene;Li",
         "Ni-N4@graphene;Li;cell=symmetric")  # fmt: skip


def table(*texts):
    return CandidateTable.from_candidates([Candidate.parse(t) for t in texts])


@pytest.fixture(scope="module")
def fitted():
    model = GraphRegressor(SMALL, SHORT, seed=3)
    return model.fit(table(*TEXTS), np.arange(5.0), bound=["reported"] * 5)


def test_fits_and_predicts_candidates(fitted):
    found = fitted.predict(table(*TEXTS))
    assert found.shape == (5,)
    assert found.dtype == np.float64
    assert len(set(found.tolist())) == 5
    spread = fitted.predictor().spread(table(*TEXTS))
    assert (spread > 0).all()


def test_prediction_of_a_row_does_not_depend_on_its_batch(fitted):
    whole = fitted.predict(table(*TEXTS))
    alone = [fitted.predict(table(t))[0] for t in TEXTS]
    np.testing.assert_allclose(whole, alone, rtol=1e-5, atol=1e-5)


def test_conditions_and_alkali_reach_the_prediction(fitted):
    same = ("Fe-N4@graphene;Na", "Fe-N4@graphene;Na;j=10", "Fe-N4@graphene;K")
    assert len(set(fitted.predict(table(*same)).tolist())) == 3


def test_parameters_clone_and_refuse_to_predict_unfitted(fitted):
    copy = clone(fitted)
    assert copy.get_params()["seed"] == 3
    with pytest.raises(NotFittedError):
        copy.predict(table(*TEXTS))
    again = copy.fit(table(*TEXTS), np.arange(5.0))
    assert (again.predict(table(*TEXTS)) == fitted.predict(table(*TEXTS))).all()


def test_bad_labels_are_refused():
    with pytest.raises(SacmlError, match="shape"):
        GraphRegressor(SMALL, SHORT).fit(table(*TEXTS), np.arange(4.0))
    with pytest.raises(SacmlError, match="number"):
        GraphRegressor(SMALL, SHORT).fit(table(*TEXTS), [1, 2, 3, 4, np.nan])
    with pytest.raises(ValueError, match="bound"):
        GraphRegressor(SMALL, SHORT).fit(table(*TEXTS), np.arange(5.0), bound=["about"] * 5)


def test_candidates_without_a_structure_are_all_named(fitted):
    asked = table("@other;Li", TEXTS[0], "@nitride;Na")
    with pytest.raises(GraphError, match="2 of 3") as caught:
        fitted.predict(asked)
    assert [name for name, _ in caught.value.problems] == ["@other;Li", "@nitride;Na"]
    assert buildable(asked, CandidateGraphs(3.6)).tolist() == [False, True, False]


def test_each_structure_is_built_once(monkeypatch):
    from sacml.models.gnn import candidates

    built = []
    monkeypatch.setattr(
        candidates, "build", lambda *a, _of=candidates.build: built.append(a) or _of(*a)
    )
    graphs = CandidateGraphs(3.6)
    graphs.of(table(*TEXTS, *(f"Co-N4@graphene;K;j={j}" for j in range(1, 5))))
    assert len(built) == 5
    assert len(CandidateGraphs(3.6, with_alkali=False).of(table(*TEXTS))) == 5


def test_an_unknown_shell_teaches_through_all_its_shells():
    asked = table("Co-?@graphene;Li", *TEXTS)
    assert len(asked.resolve_shells()[0]) > len(asked)
    model = GraphRegressor(SMALL, SHORT).fit(asked, np.arange(6.0))
    assert np.isfinite(model.predict(asked.resolve_shells()[0])).all()


@pytest.fixture
def stored(fitted, tmp_path):
    predictor = fitted.predictor()
    graphs = predictor.graphs.of(table(*TEXTS))
    return store.save(predictor.ensemble, tmp_path / "model", graphs, {"unit": "eV"})


def test_a_stored_ensemble_predicts_the_same(fitted, stored):
    ensemble, facts = store.load(stored)
    assert facts == {"unit": "eV"}
    again = GraphPredictor(ensemble, True).predict(table(*TEXTS))
    assert (again == fitted.predict(table(*TEXTS))).all()
    assert {p.name for p in stored.iterdir()} == {store.FACTS, store.WEIGHTS, store.DIGESTS}


@pytest.mark.parametrize("name", [store.FACTS, store.WEIGHTS])
def test_altered_or_missing_files_are_refused(stored, name):
    file = stored / name
    file.write_bytes(file.read_bytes()[:-1] + b" ")
    with pytest.raises(ModelFileError, match="altered"):
        store.load(stored)
    file.unlink()
    with pytest.raises(ModelFileError, match="missing"):
        store.load(stored)


def files(stored):
    return {name: (stored / name).read_bytes() for name in (store.FACTS, store.WEIGHTS)}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"schema_version": 2}, "schema version"),
        ({"element_table_digest": "0"}, "element_table_digest"),
        ({"marks": ["centre"]}, "marks"),
        ({"members": 3}, "Missing key"),
        ({"mean": [0.5]}, "as when they were stored"),
        ({"options": {"convolution": "os.system"}}, "convolution"),
        ({"options": {"width": 10**9}}, "width"),
        ({"answers": "none"}, "no networks|hold"),
    ],
)
def test_facts_that_do_not_fit_are_refused(stored, change, word):
    given = files(stored)
    content = json.loads(given[store.FACTS]) | change
    given[store.FACTS] = json.dumps(content).encode()
    with pytest.raises(ModelFileError, match=word):
        store.read_ensemble(given)


def test_weights_that_are_cut_pickled_or_not_finite_are_refused(stored):
    from safetensors.torch import load, save

    given = files(stored)
    for wrong in (given[store.WEIGHTS][:100], b"\x80\x04K\x01.", b""):
        with pytest.raises(ModelFileError):
            store.read_ensemble(given | {store.WEIGHTS: wrong})
    tensors = load(given[store.WEIGHTS])
    name = next(n for n in tensors if n.startswith("member_0.embed"))
    tensors[name] = torch.full_like(tensors[name], float("nan"))
    with pytest.raises(ModelFileError, match="not finite"):
        store.read_ensemble(given | {store.WEIGHTS: save(tensors)})


def test_columns_tell_what_is_seen_without_being_read(fitted):
    from sacml.features import FEATURE_NAMES

    names = [FEATURE_NAMES[k] for k in fitted.predictor().columns]
    assert {n.partition("_")[0] for n in names} == {"metal", "shell", "host", "alkali", "cond"}
