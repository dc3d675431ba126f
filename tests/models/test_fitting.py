from dataclasses import replace

import numpy as np
import pytest
from synthetic import dataset

from sacml.domain import Candidate
from sacml.errors import SacmlError
from sacml.evaluation import evaluate
from sacml.features import CandidateTable
from sacml.models import fit_surrogate
from sacml.models.card import model_card
from sacml.models.described import Described
from sacml.uncertainty.rules import MEASURED, Flag

DATA = dataset()


@pytest.fixture(scope="module")
def evaluation():
    return evaluate(DATA, "cycle_life", ["constant", "ridge"], ["leave_one_source_out"])


def test_it_predicts_what_it_was_taught(evaluation):
    found = fit_surrogate(DATA, "cycle_life", "ridge", "all", 0, evaluation)
    table = CandidateTable.from_records(DATA.records)
    predicted = np.log10(found.predict(table).value)
    observed = Described.of(DATA.records, "cycle_life").y
    assert np.abs(predicted - observed).mean() < 0.15
    assert found.facts["records"]["n"] == 60
    assert found.facts["records"]["n_sites"] == 30
    assert found.facts["dataset"]["digest"] == "0" * 64
    assert sum(found.facts["records"]["by_bound"].values()) == 60
    assert len(found.facts["examples"]["rows"]) >= 3


def test_the_calibration_is_that_of_held_out_groups(evaluation):
    found = fit_surrogate(DATA, "cycle_life", "ridge", "all", 0, evaluation)
    p = evaluation.predictions
    held = p[(p.model == "ridge") & (p.trained_on == "all") & p.is_sac]  # 12 groups hold a site
    assert found.calibration.n_groups == 12
    assert found.calibration.residuals == pytest.approx(np.sort(np.abs(held.residual)))


def test_sites_alone_teach_where_asked(evaluation):
    found = fit_surrogate(DATA, "cycle_life", "ridge", "sac", 0, evaluation)
    assert found.facts["records"]["n"] == 30
    assert found.domain.modifiers == ("single_atom",)
    assert found.name == "cycle_life-ridge-sac"


def test_the_version_follows_the_model(evaluation):
    one, two = (fit_surrogate(DATA, "cycle_life", "ridge", "all", 0, evaluation) for _ in range(2))
    other = fit_surrogate(DATA, "cycle_life", "ridge", "sac", 0, evaluation)
    assert one.version == two.version != other.version


def test_without_an_evaluation_the_interval_is_infinite():
    found = fit_surrogate(DATA, "cycle_life", "constant")
    asked = CandidateTable.from_candidates([Candidate.parse("Co-N4@graphene;Li;j=1")])
    predicted = found.predict(asked)
    assert np.isinf(predicted.upper[0])
    assert "0 held-out groups" in predicted.reasons(0)[-1]


def test_what_cannot_be_fitted_or_calibrated_is_said(evaluation):
    with pytest.raises(SacmlError, match="did not hold out 'extra_trees' trained on 'all'"):
        fit_surrogate(DATA, "cycle_life", "extra_trees", "all", 0, evaluation)
    no_sites = type(DATA)("no sites", tuple(r for r in DATA.records if not r.is_sac))
    with pytest.raises(SacmlError, match="train on 'all'"):
        fit_surrogate(no_sites, "cycle_life", "ridge", "sac")


def test_the_domain_is_measured_in_what_the_model_reads(evaluation):
    found = fit_surrogate(DATA, "cycle_life", "ridge", "all", 0, evaluation)
    space = found.domain.limits.space
    assert set(space.columns) <= set(found.predictor.columns)
    assert np.isfinite([space.distance_limit, space.leverage_limit]).all()
    asked = CandidateTable.from_records(DATA.records)
    outside = found.predict(asked).flags & int(MEASURED)
    assert not outside.any()
    alone = fit_surrogate(DATA, "cycle_life", "constant", "all", 0, evaluation)
    assert alone.domain.limits.space is None  # it reads nothing


def told_spread(evaluation, spread):
    """The evaluation as if its ridge had been extra trees that gave a spread."""
    p = evaluation.predictions
    model = p["model"].replace("ridge", "extra_trees")
    return replace(evaluation, predictions=p.assign(model=model, spread=spread))


def test_the_spread_that_held_out_records_had_is_the_usual_one(evaluation):
    told = told_spread(evaluation, np.linspace(1, 2, len(evaluation.predictions)))
    found = fit_surrogate(DATA, "cycle_life", "extra_trees", "all", 0, told)
    p = told.predictions
    own = p[(p.model == "extra_trees") & (p.trained_on == "all")]["spread"]
    assert own.median() < found.domain.limits.spread <= own.max()
    assert found.predict(CandidateTable.from_records(DATA.records[:20])).spread.shape == (20,)
    silent = told_spread(evaluation, np.nan)
    found = fit_surrogate(DATA, "cycle_life", "extra_trees", "all", 0, silent)
    assert found.domain.limits.spread is None


def test_a_target_with_one_value_has_an_interval_of_no_width():
    records = tuple(replace(r, value=100.0) for r in DATA.records)
    one = type(DATA)("one value", records)
    held = evaluate(one, "cycle_life", ["constant"], ["leave_one_source_out"])
    found = fit_surrogate(one, "cycle_life", "constant", "all", 0, held)
    asked = found.predict(CandidateTable.from_candidates([Candidate.parse("Co-N4@graphene;Li")]))
    assert (asked.lower[0], asked.value[0], asked.upper[0]) == pytest.approx((100, 100, 100))
    assert "no width: every held-out value was met exactly" in asked.reasons(0)[-1]
    assert "no width" in model_card(found)


def test_bounds_alone_give_an_interval_that_holds_what_was_printed():
    bounds = dataset(bounds=("lower",))
    held = evaluate(bounds, "cycle_life", ["constant"], ["leave_one_source_out"])
    found = fit_surrogate(bounds, "cycle_life", "constant", "all", 0, held)
    hard, soft = (found.calibration.half_width(0.9, optimistic=o) for o in (False, True))
    assert 0 < soft <= hard < np.inf
    asked = found.predict(CandidateTable.from_records(bounds.records))
    assert asked.upper[0] > 100
    n = len(bounds.records)
    assert f"every value that it was taught is a bound ({n} lower)" in asked.reasons(0)[-1]
    assert not asked.flags[0] & int(Flag.INFINITE)
    one = replace(bounds.records[0], bound="failure")
    mixed = type(DATA)("one exact", (one, *bounds.records[1:]))
    held = evaluate(mixed, "cycle_life", ["constant"], ["leave_one_source_out"])
    told = fit_surrogate(mixed, "cycle_life", "constant", "all", 0, held)
    assert told.remark(0.9) is None
