import pytest

from sacml.data import load_dataset
from sacml.data.claims import claims
from sacml.domain import TARGETS, Candidate
from sacml.workflows.claims import BOND_CHANGE

RECORDS = {r.record_id: r for r in load_dataset("literature")}
each = pytest.mark.parametrize("claim", claims(), ids=lambda c: f"{c.name}/{c.first}")


@each
def test_every_figure_is_that_of_a_record_read_in_the_review(claim):
    for value, record_id in (
        (claim.first_value, claim.first_record),
        (claim.second_value, claim.second_record),
    ):
        if not record_id:
            # a quantity that the literature table does not hold
            assert value is None or claim.target not in TARGETS
            continue
        record = RECORDS[record_id]
        assert value == record.value
        assert (record.target, record.alkali, record.unit) == (
            claim.target, claim.alkali, claim.unit,
        )  # fmt: skip
        assert record.source_doi == claim.source_doi == "10.1039/d4gc02590c"
        assert record.source_group == f"ref{claim.review_reference}"


@each
def test_the_direction_is_that_of_the_printed_figures(claim):
    assert claim.target in (*TARGETS, BOND_CHANGE, "")
    assert claim.locator.startswith("section ")
    if claim.first_value is None or claim.second_value is None or not claim.target:
        return
    lies_below = claim.first_value < claim.second_value
    assert claim.relation == ("below" if lies_below else "above")


@each
def test_what_is_tested_can_be_asked_or_says_why_not(claim):
    for site in filter(None, (claim.first, claim.second)):
        if not site.startswith("*-"):
            assert isinstance(claim.candidate(site), Candidate)
    if not (claim.first and claim.second and claim.target):
        assert claim.untested
