import json

import numpy as np
import pytest

from sacml.domain import Candidate, Modifier
from sacml.features import FEATURE_NAMES, CandidateTable
from sacml.uncertainty import Applicability
from sacml.uncertainty.domain import Flag, parts_read
from sacml.uncertainty.reasons import reasons

SEEN = [
    "Co-N4@graphene;Li;j=1;q=1;cell=half",
    "Fe-N3@graphene;Li;j=5;q=1;cell=half",
    "Fe-?@hard_carbon;Na;j=2;cell=half",
]
EVERYTHING = ("metal", "shell", "host", "alkali", "modifier", "conditions")


def table(*texts):
    return CandidateTable.from_candidates([Candidate.parse(t) for t in texts])


def domain(reads=EVERYTHING):
    return Applicability.of(table(*SEEN), reads)


def ask(text, reads=EVERYTHING):
    """Flag and reasons of one candidate of known shell."""
    asked, rules = table(text), domain(reads)
    bits = int(rules.flags(asked)[0])
    candidate = asked.candidate(0)
    inside = not bits & int(rules.breaking)
    return inside, " | ".join(reasons(bits, candidate, asked.modifiers[0], rules, None))


def test_what_was_seen_is_inside():
    assert ask("Co-N4@graphene;Li;j=1;q=1;cell=half") == (
        True,
        "not stated: temperature, electrolyte, role (a state of its own to the model)",
    )
    # a new combination of what was seen is inside too
    assert ask("Fe-N4@hard_carbon;Na;j=1;q=1;cell=half")[0]


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ("Zr-N4@graphene;Li", "Zr never seen as a centre"),
        ("Co+Zr-N6@graphene;Li", "Zr never seen as a centre | two centres in one site never seen"),
        ("Co+Fe-N6@graphene;Li", "two centres in one site never seen"),
        ("@graphene;Li", "a bare host never seen"),
        ("vac-N4@graphene;Li", "an empty site never seen"),
        ("Co-N2O2@graphene;Li", "shell N2O2 never seen (nearest seen: N4, 2 substitutions away)"),
        ("Co-N3C@graphene;Li", "shell N3C never seen (nearest seen: N4, 1 substitution away)"),
        ("Co-N4(pyrrolic)@graphene;Li", "never seen: N4(pyrrolic)"),
        ("Co-N4+OH~S1@graphene;Li", "never seen: +OH~S"),
        ("Co-N4@cnt(10,0);Li", "host cnt never seen"),
        ("Co-N4@graphene;K", "alkali K never seen"),
    ],
)
def test_the_never_seen_breaks_the_domain_with_a_reason(site, words):
    inside, said = ask(f"{site};j=1;q=1;cell=half")
    assert not inside
    assert words in said


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ("j=50;q=1;cell=half", "current density 50 mA cm-2 lies outside the measured 1 to 5"),
        ("j=0.5;q=2;cell=half", "areal capacity 2 mAh cm-2 lies outside the measured 1 to 1"),
        ("j=1;q=1;cell=full", "cell full never seen"),
        ("j=1;q=1;cell=half;role=host", "role host never seen"),
        ("q=1;cell=half", "current density not stated, though every training record states it"),
    ],
)
def test_conditions_outside_break_the_domain_only_of_a_model_that_reads_them(conditions, words):
    site = f"Co-N4@graphene;Li;{conditions}"
    inside, said = ask(site)
    assert not inside
    assert words in said
    assert ask(site, reads=("metal", "shell")) == (True, "")


def test_unstated_is_a_reason_but_inside_where_records_left_it_unstated_too():
    inside, said = ask("Co-N4@graphene;Li;j=1;cell=half")
    assert inside
    assert said.startswith("not stated: areal capacity, temperature")


def test_what_the_model_does_not_read_is_said_but_not_counted():
    inside, said = ask("Zr-N4@graphene;K", reads=("host",))
    assert inside
    assert said == (
        "not counted, because the model does not read it: Zr never seen as a centre; alkali K "
        "never seen"
    )


def test_what_the_records_do_not_vary_in_counts_though_the_model_cannot_read_it():
    only_li = Applicability.of(table("Co-N4@graphene;Li", "Fe-N4@graphene;Li"), ["metal"])
    assert only_li.counted == {"metal", "shell", "host", "alkali"}
    bits = only_li.flags(table("Co-N4@graphene;Na", "Co-N4@graphene;Li"))
    assert (bits & int(only_li.breaking) != 0).tolist() == [True, False]


@pytest.mark.parametrize(
    ("printed", "counts"), [("Fe-N4@hard_carbon;Li", True), ("Fe-?@hard_carbon;Li", False)]
)
def test_shells_that_sources_do_not_print_count_as_varied(printed, counts):
    rules = Applicability.of(table("Co-N4@graphene;Li", printed), ("conditions",))
    assert ("shell" in rules.counted) == counts


def test_a_modifier_class_never_seen():
    rules = Applicability.of(
        CandidateTable.from_candidates([Candidate.parse("@carbon;Li")], [Modifier("compound")]),
        EVERYTHING,
    )
    asked = table("Co-N4@carbon;Li")
    bits = int(rules.flags(asked)[0])
    assert bits & Flag.MODIFIER
    said = reasons(bits, asked.candidate(0), asked.modifiers[0], rules, None)
    assert "no single atom record was trained on" in said
    assert "shell N4 never seen (no training record states a shell)" in said


def test_unknown_shells_get_no_shell_bits_themselves():
    assert int(domain().flags(table("Co-?@graphene;Li"))[0]) & Flag.SHELL == 0


def test_flags_row_by_row_are_flags_of_the_table():
    texts = [*SEEN, "Zr-N4@cnt;K;j=90", "@graphene;Na", "Co+Fe-N6@graphene;Li;T=20;role=host"]
    rules = domain()
    together = rules.flags(table(*texts))
    assert together.dtype == np.uint32
    assert together.tolist() == [int(rules.flags(table(t))[0]) for t in texts]


def test_round_trip_through_json():
    rules = domain()
    again = Applicability.from_dict(json.loads(json.dumps(rules.to_dict())))
    assert again == rules


def test_parts_read_covers_every_feature():
    for name in FEATURE_NAMES:
        assert parts_read([name]), name
    assert parts_read(["mod_active_count"]) == {"metal", "modifier"}
    assert parts_read(["pair_metal_alkali_radius_ratio"]) == {"metal", "alkali"}
    assert parts_read([]) == frozenset()
