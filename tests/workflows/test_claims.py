from dataclasses import replace

import pytest

from sacml.data import Record
from sacml.data.claims import claims
from sacml.domain import Site
from sacml.labels.loading import LoadingLabel
from sacml.models import load_released
from sacml.workflows.claim_tables import rows, table
from sacml.workflows.claims import (
    AGREES,
    DISAGREES,
    NOT_TESTED,
    UNDECIDED,
    check_claims,
)  # fmt: skip

ZN = next(c for c in claims() if c.name == "zn-over-graphene")
ZR = next(c for c in claims() if c.name == "zr-strongest")


def label(site, value, alkali="Li", starts="2"):
    return Record(f"x/{site}/{alkali}", Site.parse(site), alkali, "binding_energy", value,
                  reference="atom", level_of_theory="L", fidelity="dft_own",
                  facts=(("starts_tried", starts),))  # fmt: skip


def against_labels(claim, *labels):
    (found,) = check_claims([claim], labels, {})
    return found


@pytest.mark.parametrize(
    ("zn", "relation", "verdict"),
    [
        (-1.08, "below", AGREES),
        (-1.06, "below", UNDECIDED),
        (-0.94, "below", UNDECIDED),
        (-0.92, "below", DISAGREES),
        (-1.08, "above", DISAGREES),
        (-0.92, "above", AGREES),
    ],
)
def test_two_labels_decide_only_beyond_their_noise(zn, relation, verdict):
    claim = replace(ZN, relation=relation)
    found = against_labels(claim, label("Zn-N4@graphene", zn), label("@graphene", -1.0))
    assert found.verdict == verdict
    assert found.shown.difference == pytest.approx(zn + 1.0)


def test_one_pair_of_a_series_is_enough_to_contradict_it():
    labels = [label("Zr-N4@graphene", -2.0), label("Mn-N4@graphene", -1.0),
              label("Co-N3@graphene", -9.0), label("vac-N4@graphene", -9.0)]  # fmt: skip
    assert against_labels(ZR, *labels).verdict == AGREES
    stronger = label("Ru-N4@graphene", -2.5)
    found = against_labels(ZR, *labels, stronger)
    assert (found.verdict, found.shown.second) == (DISAGREES, "Ru-N4@graphene")
    assert "of 2 pairs 1 agrees, 1 disagrees, 0 undecided" in found.why
    close = label("Ru-N4@graphene", -2.0)
    assert against_labels(ZR, *labels, close).verdict == UNDECIDED
    other_alkali = label("Ru-N4@graphene", -2.5, alkali="Na")
    assert against_labels(ZR, *labels, other_alkali).verdict == AGREES


def test_what_is_not_labelled_is_not_tested_and_named():
    found = against_labels(ZN, label("@graphene", -1.0))
    assert (found.verdict, found.shown) == (NOT_TESTED, None)
    assert found.why == "no label of Zn-N4@graphene with Li"
    slab = next(c for c in claims() if c.name == "fe-over-li")
    assert "slab" in against_labels(slab, label("Fe-N4@graphene", -1.8)).why


def test_a_shell_without_isomer_takes_the_strongest_isomer_labelled():
    claim = next(c for c in claims() if c.first == "Co-N2O2@graphene")
    found = against_labels(
        claim, label("Co-N4@graphene", -1.9), label("Co-N2O2(trans)@graphene", -2.2),
        label("Co-N2O2(cis6)@graphene", -2.4), label("Co-N2O2(trans)@graphene", -9.0, "Na"),
    )  # fmt: skip
    assert (found.verdict, found.shown.first) == (AGREES, "Co-N2O2(cis6)@graphene")


def test_a_label_with_one_start_is_named():
    found = against_labels(
        ZN, label("Zn-N4@graphene", -1.5, starts="1"), label("@graphene", -1.0, starts="1")
    )
    assert "Zn-N4@graphene has one start" in found.why
    assert " @graphene has one start" not in found.why


def bonds(site, change, alkali="Li"):
    record = label(site, -1.0, alkali)
    return replace(record, facts=(*record.facts, ("largest_bond_change_A", str(change))))


def several(site, change, count):
    key = f"load/{site}/Li/{count}/one"
    return LoadingLabel(
        site, "Li", count, key, -1.0, None, change, (2.5, 2.6), ((key, -1.0),), True, "L", "x"
    )


def test_changes_of_bonds_are_compared_at_the_largest_number_both_sites_have():
    claim = next(c for c in claims() if c.name == "zr-bonds-over-mn")
    zr, mn = "Zr-N4@graphene", "Mn-N4@graphene"
    one = [bonds(zr, 0.09), bonds(mn, 0.02)]
    (found,) = check_claims([claim], one, {})
    assert (found.verdict, found.shown.difference) == (AGREES, pytest.approx(0.07))
    assert "1 Li on each site" in found.why
    close = [bonds(zr, 0.03), bonds(mn, 0.02)]
    assert check_claims([claim], close, {})[0].verdict == UNDECIDED
    more = [several(zr, 0.01, 2), several(mn, 0.2, 2), several(zr, 0.3, 3)]
    (found,) = check_claims([claim], one, {}, loadings=more)
    assert (found.verdict, found.shown.first_value) == (DISAGREES, 0.01)
    assert "2 Li on each site" in found.why
    assert check_claims([claim], [bonds(zr, 0.09)], {})[0].verdict == NOT_TESTED
    # a label without the fact is none
    assert check_claims([claim], [bonds(zr, 0.09), label(mn, -1.0)], {})[0].verdict == NOT_TESTED


def test_a_surrogate_decides_only_where_its_intervals_part():
    released = {"screen": {"binding_energy": load_released("binding_energy")}}
    _, wide = check_claims([ZN], surrogates=released)
    # what the surrogate says of Zn changes with the labels; the claim is turned to what it says
    said, other = ("below", "above") if wide.shown.difference < 0 else ("above", "below")
    claim = replace(ZN, relation=said)
    _, narrow = check_claims([claim], surrogates=released, level=0.01)
    assert wide.shown.difference == narrow.shown.difference != 0
    assert wide.shown.low < 0 < wide.shown.high
    assert wide.verdict == UNDECIDED
    assert narrow.shown.low * narrow.shown.high > 0
    assert narrow.verdict == AGREES
    _, turned = check_claims([replace(ZN, relation=other)], surrogates=released, level=0.01)
    assert turned.verdict == DISAGREES


def test_a_quantity_without_surrogate_is_not_tested():
    released = {"screen": {"cycle_life": load_released("cycle_life")}}
    _, found = check_claims([replace(ZN, untested="")], surrogates=released)
    assert found.verdict == NOT_TESTED


def test_the_table_has_a_line_for_every_claim_and_a_row_for_every_check():
    checks = check_claims()
    flat = list(rows(checks))
    assert len(flat) == len(checks)
    assert all(r["why"] and r["source_doi"] and r["locator"] for r in flat)
    lines = table(checks).splitlines()
    assert len(lines) == 2 + len(claims())
    assert len({line.replace("\\|", "").count("|") for line in lines}) == 1
