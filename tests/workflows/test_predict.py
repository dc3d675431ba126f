import json
import math

import pytest

from sacml.data import systems
from sacml.domain import PRIMARY, TARGETS, Conditions, Site
from sacml.errors import SacmlError
from sacml.workflows import predict


@pytest.fixture(scope="module")
def of_the_review():
    return {s.name: predict(s.name, s.alkali) for s in systems()}


@pytest.mark.parametrize("system", systems(), ids=lambda s: s.name)
def test_every_system_of_the_review_is_predicted_by_its_name(of_the_review, system):
    rows = of_the_review[system.name]
    assert [r.target for r in rows] == list(PRIMARY)
    for row in rows:
        assert (row.candidate.site, row.candidate.alkali) == (system.site, system.alkali)
        assert math.isfinite(row.value)
        assert row.lower <= row.value <= row.upper
        assert row.unit == TARGETS[row.target].unit
        assert row.model
        assert row.in_domain or row.reasons
        assert row.reasons[-1] == f"{system.name} read as {system.site}: {system.idealised}"
        if system.site.metals:
            assert any(reason.startswith("shell unknown: the mean over") for reason in row.reasons)
    by_notation = predict(str(system.site), system.alkali)
    assert [(r.value, r.lower, r.upper) for r in by_notation] == [
        (r.value, r.lower, r.upper) for r in rows
    ]
    assert [r.reasons for r in by_notation] == [r.reasons[:-1] for r in rows]


def test_a_site_object_and_its_text_are_one_question():
    text, site = predict(["Co-N4@graphene", Site.parse("Co-N4@graphene")], "Li")[::3]
    assert text == site


def test_what_is_assumed_is_named_and_can_be_left_unstated():
    assumed, unstated = (
        predict("Co-N4@graphene", "Li", targets=["cycle_life"], assume=given)[0]
        for given in (Conditions(3.0, 3.0), None)
    )
    assert assumed.assumed == ("current_density_mA_cm2", "areal_capacity_mAh_cm2")
    assert unstated.assumed == ()
    assert unstated.candidate.conditions == Conditions()
    assert assumed.value != unstated.value, "unstated is a state of its own"


def test_rows_are_plain_json_also_where_an_interval_has_no_end():
    rows = predict("Co-N4@graphene", "Li", level=0.9999)
    assert any(math.isinf(r.upper) for r in rows)
    text = json.dumps([r.to_dict() for r in rows], allow_nan=False)
    assert all(r["upper"] is None for r in json.loads(text) if r["lower"] is None)


def test_references_beside_a_binding_energy_are_those_of_the_protocol():
    from sacml.data import references

    row = predict("Co-N4@graphene", "Na", targets=["binding_energy"])[0]
    known = references()
    bulk, graphene = row.extra["against_bulk_eV"], row.extra["against_graphene_eV"]
    assert bulk == pytest.approx(row.value + known.cohesive_energy_eV["Na"])
    assert graphene == pytest.approx(row.value - known.graphene_binding_eV["Na"])


@pytest.mark.parametrize(
    ("sites", "options", "says"),
    [
        ([], {}, "no candidates given"),
        ("Co-N4@graphene", {"targets": ["life"]}, "unknown target 'life'"),
        ("Co-N4@graphene", {"level": 1.0}, "outside 0 to 1"),
        ("Co-N4@nowhere", {}, "unknown host"),
    ],
)
def test_wrong_questions_are_named(sites, options, says):
    with pytest.raises(SacmlError, match=says):
        predict(sites, "Li", **options)
