from dataclasses import replace

import numpy as np
import pytest
from synthetic import dataset

from sacml.data import training_records
from sacml.domain import Site
from sacml.errors import MixedReferenceError, SacmlError
from sacml.features import CandidateTable, describe
from sacml.models.described import Described
from sacml.models.registry import make_model


def test_unknown_shells_are_averaged_and_values_are_on_the_modelling_scale():
    first, second = dataset(n=2).records
    known = [replace(first, record_id=s, site=Site.parse(f"Co-{s}@graphene")) for s in ("N4", "N3")]
    unknown = replace(first, record_id="u", site=Site.parse("Co-?@graphene"))
    found = Described.of([unknown, *known, second], "cycle_life")
    assert found.X.shape[0] == 4
    assert found.X_shells.shape[0] == 5
    assert found.X[0] == pytest.approx((found.X[1] + found.X[2]) / 2)
    assert found.y[3] == pytest.approx(np.log10(second.value))
    assert found.is_sac.tolist() == [True, True, True, False]
    assert found.trained_on("sac").tolist() == [True, True, True, False]
    assert found.trained_on("all").all()

    class Size:
        def predict(self, X):
            names = list(describe.__globals__["FEATURE_NAMES"])
            return X[:, names.index("shell_coordination_number")].astype(float)

    mean, low, high = found.predict(Size())
    assert mean.tolist() == [3.5, 4, 3, 0]
    assert low.tolist() == [3, 4, 3, 0]
    assert high.tolist() == [4, 4, 3, 0]


def test_rows_of_known_shell_are_described_as_they_are():
    records = [r for r in dataset().records if not r.is_sac]
    table = CandidateTable.from_records(records)
    assert np.array_equal(Described.of(records, "cycle_life").X, describe(table))


def test_what_cannot_be_fitted_is_said():
    records = dataset(n=3).records
    with pytest.raises(SacmlError, match="none of the 3 records holds a binding_energy"):
        Described.of(records, "binding_energy")
    kept = [replace(records[0], not_for_fit="two methods"), records[1]]
    assert len(Described.of(kept, "cycle_life")) == 1
    energies = [
        replace(r, target="binding_energy", value=-1.0, level_of_theory="PBE", reference=ref)
        for r, ref in zip(records, ("atom", "ion", "atom"), strict=True)
    ]
    with pytest.raises(MixedReferenceError):
        Described.of(energies, "binding_energy")
    with pytest.raises(SacmlError, match="allowed are sac, all"):
        Described.of(records, "cycle_life").trained_on("SAC")


@pytest.mark.parametrize("target", ["cycle_life", "nucleation_overpotential"])
@pytest.mark.parametrize("model", ["conditions_only", "extra_trees"])
def test_the_last_digit_of_a_logarithm_does_not_change_a_forest(target, model, monkeypatch):
    """Processors differ there, and trees decide ties between splits by it."""
    records = training_records(target).records
    log10 = np.log10

    def fitted():
        described = Described.of(records, target)
        model_here = make_model(model, 0).fit(described.X, described.y)
        return [tree.tree_.feature.tolist() for tree in model_here.forest_], model_here

    splits, here = fitted()
    rng = np.random.default_rng(0)

    def other(x):
        found = np.asarray(log10(x))
        return np.nextafter(found, rng.choice([-np.inf, np.inf], size=found.shape))

    monkeypatch.setattr(np, "log10", other)
    splits_there, there = fitted()
    assert splits_there == splits
    X = Described.of(records, target).X
    np.testing.assert_array_equal(there.predict(X), here.predict(X))
