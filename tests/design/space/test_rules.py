import pytest

from sacml.design import Space
from sacml.design.space.rules import AtMost, OnlyIf
from sacml.errors import DesignError

OPEN = {"reach": "any"}
BASE = {
    "metals": ["Fe", "Co", "Pt"],
    "hosts": ["graphene", "c2n"],
    "axial_ligands": ["OH", "CO"],
    "second_shell": ["S1", "S2"],
    "single_shells": {"graphene": ["N4", "N3S", "N2S2(trans)"], "c2n": ["N2", "N4"]},
    "dual_shells": {"graphene": ["N6"], "c2n": ["N6"]},
}


def sites(**limits):
    space = Space.default(**BASE, constraints={**OPEN, **limits})
    found = [t.site(i) for t in space.chunks(500) for i in range(len(t))]
    assert len(found) == space.size()
    assert space.size() + space.refused().total() == space.declared_size()
    return found


EVERY = sites()


def texts(found):
    return {str(s) for s in found}


@pytest.mark.parametrize(
    ("rule", "keeps"),
    [
        ("host c2n only with metals Fe, Co",
         lambda s: s.host.name != "c2n" or set(s.metals) <= {"Fe", "Co"}),
        ("metal Pt only with neighbours N",
         lambda s: "Pt" not in s.metals or set(dict(s.shell.counts)) <= {"N"}),
        ("ligands OH only with metals Fe",
         lambda s: "OH" not in s.axial or set(s.metals) == {"Fe"}),
        # what must go with a ligand cannot go without one
        ("metal Co only with ligands CO", lambda s: "Co" not in s.metals or s.axial == ("CO",)),
        ("dopant S only with neighbour N",
         lambda s: not s.second_shell or set(dict(s.shell.counts)) <= {"N"}),
    ],
)  # fmt: skip
def test_only_if_keeps_exactly_what_it_says(rule, keeps):
    kept = sites(only_if=[rule])
    assert texts(kept) == texts(s for s in EVERY if keeps(s))
    assert 0 < len(kept) < len(EVERY)


@pytest.mark.parametrize(
    ("rule", "keeps"),
    [
        ("1 S among neighbours", lambda s: dict(s.shell.counts).get("S", 0) <= 1),
        ("1 Pt, Co among metals", lambda s: sum(m in ("Pt", "Co") for m in s.metals) <= 1),
        ("1 S among dopants", lambda s: dict(s.second_shell).get("S", 0) <= 1),
        ("0 OH among ligands", lambda s: "OH" not in s.axial),
    ],
)
def test_at_most_keeps_exactly_what_it_says(rule, keeps):
    kept = sites(at_most=[rule])
    assert texts(kept) == texts(s for s in EVERY if keeps(s))
    assert 0 < len(kept) < len(EVERY)


def test_rules_hold_together_and_are_counted_once():
    rules = {"only_if": ["host c2n only with metals Fe"], "at_most": ["1 S among neighbours"]}
    kept = sites(**rules)
    assert texts(kept) == texts(sites(only_if=rules["only_if"])) & texts(
        sites(at_most=rules["at_most"])
    )
    refused = Space.default(**BASE, constraints={**OPEN, **rules}).refused()
    assert set(refused) == {
        "rule: host c2n only with metals Fe", "rule: 1 S among neighbours",
    }  # fmt: skip


def test_neighbours_are_excluded_and_required():
    assert all("S" not in dict(s.shell.counts) for s in sites(exclude_neighbours=["S"]))
    assert all("S" in dict(s.shell.counts) for s in sites(require_neighbours=["S"]))


def test_rules_round_trip_through_toml():
    limits = {
        **OPEN, "only_if": ["host c2n only with metals Fe"], "at_most": ["1 S among neighbours"],
        "buildable": False,
    }  # fmt: skip
    space = Space.default(**BASE, constraints=limits)
    assert Space.from_toml(space.to_toml()) == space


@pytest.mark.parametrize(
    ("setting", "text", "words"),
    [
        ("only_if", "graphene needs Fe", "write KIND NAMES only with KIND NAMES"),
        ("only_if", "metal Fe only with metal Co", "two different kinds"),
        ("only_if", "metal Xx only with host graphene", "unknown metal 'Xx'"),
        ("only_if", "metal Fe only with host graphite", "unknown host"),
        ("only_if", "colour Fe only with host graphene", "unknown kind of component"),
        ("at_most", "S among neighbours", "write NUMBER NAMES among KIND"),
        ("at_most", "1 OHH among ligands", "unknown ligand"),
    ],
)
def test_rules_that_cannot_be_read_are_named(setting, text, words):
    with pytest.raises(DesignError, match="cannot be used: constraints") as error:
        Space.default(constraints={setting: [text]})
    assert words in str(error.value)


def test_names_of_a_rule():
    rule = OnlyIf.parse("hosts cnt and g only with metals Fe, Co")
    assert (rule.kind, rule.names, rule.allowed) == ("host", ("cnt", "graphene"), ("Fe", "Co"))
    assert AtMost.parse("2 N or S among neighbours").names == ("N", "S")


@pytest.mark.parametrize(
    ("limits", "because"),
    [
        ({"only_metals": ["Pt"], "max_price_usd_per_kg": 10},
         "only_metals Pt and max_price_usd_per_kg 10"),
        ({"only_if": ["metal Fe only with host cnt"], "only_metals": ["Fe"]},
         "only_if 'metal Fe only with host cnt' and only_metals Fe"),
        ({"require_neighbours": ["S"], "only_hosts": ["c2n"]},
         "only_hosts c2n and require_neighbours S"),
        # one alone
        ({"only_hosts": ["mos2"]}, "Nothing is left under only_hosts mos2; loosen"),
    ],
)  # fmt: skip
def test_an_empty_space_names_what_empties_it(limits, because):
    with pytest.raises(DesignError, match="is empty") as error:
        Space.default(**BASE, constraints={**OPEN, **limits}).size()
    named = str(error.value).split("Nothing is left under")[-1]
    words = because.removeprefix("Nothing is left under").split(" and ")
    assert all(word.strip() in named for word in words)
