import math

import numpy as np
import pytest

from sacml.domain import Candidate
from sacml.features import FEATURE_NAMES, CandidateTable
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
