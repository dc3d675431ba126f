from sacml.domain import Candidate
from sacml.features import CandidateTable
from sacml.uncertainty import Applicability
from sacml.uncertainty.domain import Flag
from sacml.uncertainty.reasons import _WRITERS, reasons


def said(flags, text, remark=None):
    seen = CandidateTable.from_candidates(
        [Candidate.parse("Co-N4@graphene;Li;j=1"), Candidate.parse("Fe-N4@graphene;Na;j=2")]
    )
    rules = Applicability.of(seen, ["metal", "shell", "conditions"])
    candidate = Candidate.parse(text)
    asked = CandidateTable.from_candidates([candidate])
    return reasons(int(flags), candidate, asked.modifiers[0], rules, remark)


def test_every_bit_but_the_infinite_interval_has_words():
    assert set(_WRITERS) == set(Flag) - {Flag.INFINITE}


def test_no_bits_no_words():
    assert said(0, "Co-N4@graphene;Li;j=1") == ()


def test_what_breaks_the_domain_stands_first_and_the_remark_last():
    flags = Flag.UNSTATED | Flag.UNKNOWN_SHELL | Flag.SHELL | Flag.INFINITE
    found = said(flags, "Co-?@graphene;Li", remark="the interval is infinite: few")
    assert found[0] == "shell N3 never seen (nearest seen: N4, 1 substitution away)"
    assert found[-1] == "the interval is infinite: few"
    assert "shell unknown: the mean over N4, N3, the interval spans all of them" in found
