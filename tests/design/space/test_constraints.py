from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sacml.design import Constraints, Space, supply
from sacml.domain import METALS, element
from sacml.domain.shells import Shell
from sacml.errors import DesignError

OPEN = {"reach": "any"}


def space(**limits):
    return Space.default(
        metals=["Fe", "Co", "Ni", "Zn", "Pt", "Ti"],
        hosts=["graphene", "c2n"],
        constraints={**OPEN, **limits},
    )


def centres(s):
    return {t.centres[c] for t in s.chunks() for c in t.centre_index}


@settings(max_examples=40, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "exclude_metals": st.sets(st.sampled_from(["Fe", "Co", "Ni"])),
            "max_price_usd_per_kg": st.sampled_from([1.0, 15.0, 50.0, 1e5]),
            "exclude_hazard_classes": st.sampled_from([["1"], ["2A", "2B"], ["unassessed"]]),
            "exclude_critical": st.booleans(),
            "centres": st.sampled_from([None, "single", "dual"]),
            "only_hosts": st.sampled_from([None, ["graphene"]]),
            "reach": st.sampled_from(["any", 0, 1, 2]),
        },
    )
)
def test_kept_and_refused_add_up(limits):
    s = space(reported_single=["N4", "N3"], reported_dual=["N6"], **limits)
    try:
        kept = s.size()
    except DesignError:  # empty, see below
        return
    assert kept + s.refused().total() == s.declared_size() == space().size()
    assert all(n > 0 for n in s.refused().values())
    assert sum(len(t) for t in s.chunks(5000)) == kept


def test_price_of_every_centre_counts():
    s = space(max_price_usd_per_kg=20)
    assert centres(s) == {c for c in centres(space()) if not {"Co", "Pt"} & set(c)}
    assert list(s.refused()) == ["price above 20 USD/kg"]


def test_missing_price_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(supply, "value", lambda s, p: float("nan") if s == "Zn" else 1.0)
    s = space(max_price_usd_per_kg=20)
    assert set(s.refused()) == {"price not known"}
    assert not any("Zn" in c for c in centres(s))


def test_missing_criticality_is_refused_by_name():
    assert element("Os").eu_critical_raw_material is None
    assert Constraints(exclude_critical=True).metal_reason("Os") == "EU criticality not known"
    assert Constraints(exclude_critical=True).metal_reason("Co") == "EU critical raw material"
    assert Constraints(exclude_critical=True).metal_reason("Fe") is None


def test_hazard_classes():
    limits = Constraints(exclude_hazard_classes=["1", "2A"])
    reasons = {m: limits.metal_reason(m) for m in METALS}
    assert reasons["Co"] == "hazard class 2A (ICH Q3D)"
    assert {m for m, r in reasons.items() if r is None} == {
        m for m in METALS if element(m).ich_q3d_class not in ("1", "2A")
    }
    (note,) = limits.notes(["Fe", "Ti"])
    assert note.endswith("unassessed: Ti")
    assert Constraints(exclude_hazard_classes=["unassessed"]).metal_reason("Ti") is not None


def test_required_and_only_metals():
    assert all("Fe" in c for c in centres(space(require_metals=["Fe"])))
    assert centres(space(require_metals=["Fe", "Ni"])) == {("Fe", "Ni")}
    assert centres(space(only_metals=["Zn"])) == {("Zn",), ("Zn", "Zn")}


@pytest.mark.parametrize("reach", [0, 1, 2])
def test_reach_counts_substitutions_from_reported_shells(reach):
    s = space(reach=reach, reported_single=["N4"], reported_dual=["N6"])
    for table in s.chunks():
        for i in set(zip(table.centre_index, table.shell_index, strict=True)):
            start = "N4" if len(table.centres[i[0]]) == 1 else "N6"
            assert table.shells[i[1]].distance(Shell.parse(start)) <= reach
    assert any("labelled or reported single-centre shell" in r for r in s.refused())


def test_reach_without_reported_shells_refuses_them_all():
    s = space(reach=1, reported_single=["N4"], reported_dual=[])
    assert all(len(c) == 1 for c in centres(s))


@pytest.mark.parametrize(
    ("limits", "pair"),
    [
        ({"require_metals": ["Fe"], "exclude_metals": ["Fe"]},
         "require_metals Fe and exclude_metals Fe"),
        ({"require_metals": ["Fe"], "only_metals": ["Zn"]}, "require_metals Fe and only_metals Zn"),
        ({"require_metals": ["Pt"], "max_price_usd_per_kg": 50},
         "require_metals Pt and max_price_usd_per_kg"),
        ({"require_metals": ["Co"], "exclude_critical": True},
         "require_metals Co and exclude_critical"),
        ({"require_metals": ["Co"], "exclude_hazard_classes": ["2A"]},
         "require_metals Co and exclude_hazard_classes"),
        ({"require_metals": ["Fe", "Ni"], "centres": "single"}, "centres single"),
        ({"require_metals": ["Fe", "Ni", "Zn"]}, "the two centres"),
        ({"only_metals": ["Fe"], "exclude_metals": ["Fe"]}, "only_metals and exclude_metals"),
        ({"only_hosts": ["graphene"], "exclude_hosts": ["g"]}, "only_hosts and exclude_hosts"),
    ],
)  # fmt: skip
def test_contradictions_name_the_two(limits, pair):
    with pytest.raises(DesignError, match="contradiction between") as error:
        Constraints(**limits)
    assert pair in str(error.value)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"max_price_usd_per_kg": 0}, "above zero"),
        ({"max_price_usd_per_kg": float("nan")}, "above zero"),
        ({"reach": -1}, "0 or more"),
        ({"exclude_metals": ["Xx"]}, "unknown metal 'Xx'"),
        ({"exclude_hazard_classes": ["4"]}, "unknown hazard class"),
        ({"only_hosts": ["graphite"]}, "unknown host"),
        ({"reported_single": ["N?"]}, "is not known"),
        ({"excluded": ["Fe"]}, "no such setting"),
    ],
)
def test_wrong_limits_are_named(limits, words):
    with pytest.raises(DesignError) as error:
        Constraints(**limits)
    assert words in str(error.value)


def test_all_problems_at_once():
    with pytest.raises(DesignError) as error:
        Constraints(reach=-1, max_price_usd_per_kg=-5, exclude_metals=["Xx"])
    assert all(word in str(error.value) for word in ("reach", "max_price_usd_per_kg", "Xx"))


def test_empty_space_says_what_removed_how_many():
    s = space(max_price_usd_per_kg=0.1)
    with pytest.raises(DesignError, match="is empty") as error:
        s.size()
    n = space().size()
    assert f"of {n:,} declared candidates none" in str(error.value)
    assert f"price above 0.1 USD/kg: {n:,}" in str(error.value)


def test_reported_shells_come_from_the_known_systems(monkeypatch):
    from sacml.design import known

    fake = SimpleNamespace(shells=lambda n: (Shell.parse("N4" if n == 1 else "N6"),))
    monkeypatch.setattr(known, "bundled", lambda: fake)
    assert Constraints().reported(1) == (Shell.parse("N4"),)
    assert Constraints(reported_single=["N3"]).reported(1) == (Shell.parse("N3"),)
