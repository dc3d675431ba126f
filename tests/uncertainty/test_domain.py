import json

import numpy as np
import pytest

from sacml.domain import Candidate, Modifier
from sacml.features import FEATURE_NAMES, CandidateTable, describe
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


SERIES = ("Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Zr", "Pd")
TWELVE = table(*(f"{m}-N4@graphene;{a}" for m in SERIES for a in ("Li", "Na")))


def twelve(reads=("metal", "shell", "alkali"), **more):
    X = describe(TWELVE)
    varies = np.flatnonzero(X.std(axis=0) > 0)
    groups = np.repeat(SERIES, 2)
    return Applicability.of(TWELVE, reads, **({"X": X, "columns": varies, "groups": groups} | more))


def verdict(rules, text):
    asked = table(text)
    bits = int(rules.flags(asked)[0])
    said = reasons(bits, asked.candidate(0), asked.modifiers[0], rules, None)
    return not bits & int(rules.breaking), Flag(bits), " | ".join(said)


def test_an_unseen_metal_near_a_trained_one_is_inside_with_a_remark():
    inside, bits, said = verdict(twelve(), "Rh-N4@graphene;Li")
    assert inside
    assert bits == Flag.NEAR_METAL
    assert said.startswith("Rh not in training, nearest trained: Pd, 0.9")
    assert "standard deviations a property away" in said


def test_an_unseen_metal_far_from_all_is_outside_with_the_distance():
    inside, bits, said = verdict(twelve(), "Ba-N4@graphene;Li")
    assert not inside
    assert bits & Flag.METAL
    assert said.startswith("Ba (nearest trained: ")
    assert f", at most {twelve().limits.metal:.2f}) never seen as a centre" in said
    assert "further from every training record, in the descriptors read, than 90 % of" in said


def test_of_two_metals_the_far_one_is_named():
    inside, bits, said = verdict(twelve(), "Rh+Ba-N6@graphene;Li")
    assert not inside
    assert bits & Flag.METAL
    assert bits & Flag.NEAR_METAL
    assert said.startswith("Ba (nearest trained: ")
    assert "Rh not in training, nearest trained: Pd" in said


def test_a_near_metal_is_no_remark_where_the_metal_is_not_read():
    inside, _, said = verdict(twelve(("alkali",), X=None), "Rh-N4@graphene;Li")
    assert inside
    assert said.startswith("not counted, because the model does not read it: Rh not in training")


def test_with_few_metals_every_unseen_one_is_outside():
    few = Applicability.of(TWELVE.take(np.arange(16)), ("metal",))
    assert few.limits.metal is None
    inside, _, said = verdict(few, "Rh-N4@graphene;Li")
    assert (inside, said.split(" | ")[0]) == (False, "Rh never seen as a centre")


def test_a_bare_host_is_outside_of_a_model_of_sites():
    inside, bits, said = verdict(twelve(), "@graphene;Li")
    assert not inside
    assert bits & Flag.CONTROL
    assert said.startswith("a bare host never seen")


def test_a_spread_above_that_of_held_out_records_is_outside():
    spread = np.repeat(np.arange(12.0), 2)
    spread[0] = np.nan  # never held out
    rules = twelve(spread=spread)
    assert rules.limits.spread == 11
    asked = table("Co-N4@graphene;Li", "Co-N4@graphene;Na")
    bits = rules.flags(asked, np.array([10.9, 11.1]))
    assert (bits & int(Flag.SPREAD) > 0).tolist() == [False, True]
    assert (bits & int(rules.breaking) > 0).tolist() == [False, True]
    said = reasons(int(bits[1]), asked.candidate(1), asked.modifiers[0], rules, None)
    assert said[0] == "the model is less sure of it than of 90 % of held-out records"
    assert twelve(spread=np.full(24, np.nan)).limits.spread is None


def test_conditions_far_outside_any_range_are_outside_and_nothing_overflows():
    texts = [f"Co-N4@graphene;Li;j={j};q=1" for j in (0.5, 1, 2, 3, 4, 5, 6, 7, 8, 10)]
    seen = table(*texts)
    rules = Applicability.of(seen, ("conditions",), X=describe(seen))
    inside, bits, said = verdict(rules, "Co-N4@graphene;Li;j=900;q=1")
    assert not inside
    assert bits & Flag.OUT_OF_RANGE
    assert bits & Flag.DISTANCE
    assert bits & Flag.LEVERAGE
    assert "current density 900 mA cm-2 lies outside the measured 0.5 to 10" in said
    assert "more leverage than 90 % of held-out records" in said
    assert verdict(rules, "Co-N4@graphene;Li;j=4.5;q=1")[0]


def test_a_candidate_with_everything_unknown_is_outside_and_every_reason_is_given():
    inside, bits, said = verdict(twelve((*EVERYTHING,)), "Hg-?@mxene;K")
    assert not inside
    for words in ("Hg (nearest trained: ", "shell", "host", "alkali K never seen", "not stated: "):
        assert words in said
    assert bits & Flag.UNKNOWN_SHELL


def test_an_unknown_shell_has_the_bits_of_all_that_its_host_admits():
    rules = domain()
    asked = table("Co-?@graphene;Li", "Co-?@hard_carbon;Li")
    assert (rules.flags(asked) & int(Flag.SHELL) > 0).tolist() == [False, True]


def test_a_domain_of_before_there_were_limits_is_read():
    raw = json.loads(json.dumps(twelve().to_dict()))
    assert Applicability.from_dict(raw) == twelve()
    del raw["limits"]
    old = Applicability.from_dict(raw)
    assert old.limits.space is None
    assert verdict(old, "Rh-N4@graphene;Li")[2].split(" | ")[0] == "Rh never seen as a centre"


def test_a_table_without_rows_has_no_flags():
    assert twelve().flags(TWELVE.take([])).shape == (0,)
