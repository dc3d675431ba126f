import math

import numpy as np
import pytest

from sacml.domain import Candidate
from sacml.features import FEATURE_NAMES, CandidateTable, describe
from sacml.models import surrogate as module
from sacml.models.predictors import ConstantPredictor, LinearPredictor
from sacml.models.surrogate import Surrogate
from sacml.uncertainty import Applicability, Calibration, CalibrationError
from sacml.uncertainty.domain import Flag, parts_read

SIZE = FEATURE_NAMES.index("shell_coordination_number")
TEN = Calibration.of(np.full(10, 0.5), np.arange(10))


def table(*texts):
    return CandidateTable.from_candidates([Candidate.parse(t) for t in texts])


def make(target="binding_energy", calibration=TEN, slope=1.0, predictor=None):
    """A surrogate whose value is the number of neighbours times the slope."""
    one = np.array([1.0])
    predictor = predictor or LinearPredictor(
        np.array([SIZE]), 0 * one, slope * one, 0 * one, -99 * one, 99 * one
    )
    names = [FEATURE_NAMES[i] for i in predictor.columns]
    domain = Applicability.of(table("Co-N4@graphene;Li", "Fe-N3@hard_carbon;Na"), parts_read(names))
    return Surrogate(target, "ridge", "all", "1", predictor, calibration, domain, {})


def test_value_and_interval():
    found = make().predict(table("Co-N4@graphene;Li", "Co-N3@graphene;Na"))
    assert found.value.tolist() == [4, 3]
    assert found.lower.tolist() == [3.5, 2.5]
    assert found.upper.tolist() == [4.5, 3.5]
    assert (found.unit, found.level, found.n_calibration_groups) == ("eV", 0.9, 10)
    assert found.in_domain.all()
    assert found.reasons(0) == ()


def test_an_unknown_shell_is_the_mean_and_its_interval_spans_all():
    found = make().predict(table("Co-N4@graphene;Li", "Co-?@graphene;Li", "Co-N3@graphene;Li"))
    assert found.value.tolist() == [4, 3.5, 3]
    assert (found.lower[1], found.upper[1]) == (2.5, 4.5)
    assert found.in_domain.tolist() == [True, True, True]
    assert "shell unknown: the mean over N4, N3" in found.reasons(1)[0]
    assert found.flags.tolist() == [0, int(Flag.UNKNOWN_SHELL), 0]


def test_one_unseen_member_puts_the_mixture_out_of_the_domain():
    found = make().predict(table("Co-?@hard_carbon;Li"))
    assert not found.in_domain[0]
    assert "shell C3 never seen" in found.reasons(0)[0]


def test_a_host_with_one_possible_shell():
    found = make().predict(table("Co-?@phthalocyanine;Li"))
    assert found.value.tolist() == [4]
    assert found.flags[0] & Flag.UNKNOWN_SHELL


def test_the_mean_is_taken_on_the_modelling_scale():
    found = make("cycle_life").predict(table("Co-?@graphene;Li"))
    assert found.value[0] == pytest.approx(10**3.5)
    assert found.lower[0] == pytest.approx(10**2.5)
    assert found.upper[0] == pytest.approx(10**4.5)


def test_too_few_groups_make_an_infinite_interval_that_says_so():
    few = Calibration.of([0.1] * 4, ["a", "b", "c", "d"])
    for target, low in (("binding_energy", -math.inf), ("nucleation_overpotential", 0.0)):
        found = make(target, few).predict(table("Co-N4@graphene;Li"))
        assert (found.lower[0], found.upper[0]) == (low, math.inf)
        assert found.in_domain[0]
        assert found.reasons(0)[-1] == (
            "the interval is infinite: 4 held-out groups are too few for 90 % (at least 9 are "
            "needed)"
        )
    narrow = make("binding_energy", few).predict(table("Co-N4@graphene;Li"), level=0.8)
    assert narrow.upper[0] == pytest.approx(4.1)


@pytest.mark.parametrize("level", [0, 1, 90, float("nan")])
def test_a_level_outside_is_refused(level):
    with pytest.raises(CalibrationError, match="outside 0 to 1"):
        make().predict(table("Co-N4@graphene;Li"), level=level)


def test_chunks_give_what_one_piece_gives(monkeypatch):
    texts = ["Co-N4@graphene;Li", "Zr-?@hard_carbon;K", "@graphene;Na", "Fe-N3@graphene;Li"]
    asked = table(*(texts * 5))
    whole = make().predict(asked)
    monkeypatch.setattr(module, "CHUNK", 3)
    parts = make().predict(asked)
    for name in ("value", "lower", "upper", "in_domain", "flags"):
        assert (getattr(whole, name) == getattr(parts, name)).all(), name
    assert [whole.reasons(i) for i in range(20)] == [parts.reasons(i) for i in range(20)]


def test_an_empty_table_gives_empty_columns():
    found = make().predict(table("Co-N4@graphene;Li").take([]))
    assert len(found) == 0


def test_a_constant_counts_only_what_its_records_do_not_vary_in():
    found = make(predictor=ConstantPredictor(np.array([-1.0]))).predict(table("Zr-N4@cnt;K;j=1"))
    assert found.in_domain[0]
    assert found.reasons(0)[0].startswith("not counted, because the model does not read it: Zr")


def test_predictions_cannot_be_written_to_and_make_a_frame():
    found = make().predict(table("Co-N4@graphene;Li"))
    with pytest.raises(ValueError, match="read-only"):
        found.value[0] = 1
    frame = found.frame()
    assert frame["binding_energy_eV"].tolist() == [4]
    assert frame["upper_binding_energy_eV"].tolist() == [4.5]


class Doubtful(LinearPredictor):
    """The linear predictor of these tests, less sure of small shells."""

    def spread(self, Z):
        return np.where(Z[:, 0] < 4, 2.0, 1.0)


def doubtful():
    one = np.array([1.0])
    return Doubtful(np.array([SIZE]), 0 * one, one, 0 * one, -99 * one, 99 * one)


def test_a_normalised_interval_follows_the_spread_of_the_model():
    calibration = Calibration.of(
        np.full(10, 3.0), np.arange(10), spread=np.ones(10), normalise=True
    )
    found = make(calibration=calibration, predictor=doubtful()).predict(
        table("Co-N4@graphene;Li", "Co-N3@graphene;Li", "Co-?@graphene;Li")
    )
    # scores 3 / (1 + 1): half widths of 1.5 times the spread and its median
    assert found.lower.tolist() == [1, -1.5, -1.5]
    assert found.upper.tolist() == [7, 7.5, 7.5]
    # the shells 4 +- 1 and 3 +- 2 together: mean of variances 2.5 and variance of means 0.25
    assert found.spread == pytest.approx([1, 2, np.sqrt(2.75)])


def test_an_interval_without_spread_does_not_follow_it():
    found = make(predictor=doubtful()).predict(table("Co-N4@graphene;Li", "Co-N3@graphene;Li"))
    assert (found.upper - found.value).tolist() == [0.5, 0.5]
    assert found.spread.tolist() == [1, 2]
    assert make().predict(table("Co-N4@graphene;Li")).spread is None


def test_a_model_without_spread_cannot_carry_a_normalised_interval():
    calibration = Calibration.of(
        np.full(10, 3.0), np.arange(10), spread=np.ones(10), normalise=True
    )
    with pytest.raises(CalibrationError, match="a model of kind 'linear' gives none"):
        make(calibration=calibration)


def with_limits(predictor, spread=None):
    """A surrogate taught shells of 3 and 4 neighbours, in ten groups of two records."""
    texts = [f"Co-{s}@graphene;{a}" for s in ("N3", "N4", "N3C", "N2O2", "N2C") * 2
             for a in ("Li", "Na")]  # fmt: skip
    seen = table(*texts)
    X = describe(seen)
    domain = Applicability.of(
        seen, ("shell",), X=X, columns=predictor.columns, groups=np.arange(20) // 2, spread=spread
    )
    return Surrogate("binding_energy", "ridge", "all", "1", predictor, TEN, domain, {})


def test_measured_limits_reach_the_flag_and_the_reasons():
    spread = np.repeat([1.0] * 9 + [1.5], 2)
    surrogate = with_limits(doubtful(), spread)
    asked = table(*(f"{s}@graphene;Li" for s in ("Co-N4", "Co-N3", "Co+Fe-N8", "Co-?")))
    found = surrogate.predict(asked)
    assert [bool(f & Flag.SPREAD) for f in found.flags] == [False, True, False, True]
    assert [bool(f & Flag.DISTANCE) for f in found.flags] == [False, False, True, False]
    assert found.in_domain.tolist() == [True, False, False, False]
    assert found.reasons(1)[0].startswith("the model is less sure of it than of 90 %")
    assert any("further from every training record" in text for text in found.reasons(2))
    # as the domain alone says, row by row and in chunks
    assert found.flags.tolist() == surrogate.domain.flags(asked, found.spread).tolist()


def test_chunks_carry_spread_and_limits(monkeypatch):
    surrogate = with_limits(doubtful(), np.ones(20))
    asked = table(*["Co-N4@graphene;Li", "Co-?@graphene;K", "Co+Fe-N8@graphene;Na"] * 4)
    whole = surrogate.predict(asked)
    monkeypatch.setattr(module, "CHUNK", 5)
    parts = surrogate.predict(asked)
    for name in ("value", "lower", "upper", "spread", "flags"):
        assert (getattr(whole, name) == getattr(parts, name)).all(), name
