import numpy as np
import pytest

from sacml.domain import PRIMARY, Candidate
from sacml.features import CandidateTable
from sacml.models import load_released
from sacml.workflows.prediction_rows import PredictionRow, Refined, all_reasons


def candidates(n=300, seed=0):
    rng = np.random.default_rng(seed)
    sites = ("Co-N4@graphene", "Zr-?@hard_carbon", "Au-N3@g_c3n4", "@cu_foil", "vac-N4@graphene",
             "Fe+Ni-N6@graphene", "Co-N4+OH@graphene", "W-P4@graphene")  # fmt: skip
    words = ("", ";cell=half", ";electrolyte=ether;role=host", ";T=-40")
    for _ in range(n):
        j = float(rng.choice([0.5, 1.0, 3.0, 70.0, 90.0]))
        text = f"{rng.choice(sites)};{rng.choice(['Li', 'Na', 'K'])};j={j}{rng.choice(words)}"
        yield Candidate.parse(text)


@pytest.mark.parametrize("target", PRIMARY)
def test_shared_reasons_are_those_of_each_row(target):
    found = load_released(target).predict(CandidateTable.from_candidates(candidates()))
    each = [found.reasons(i) for i in range(len(found))]
    assert list(all_reasons(found)) == each
    assert len(set(each)) > 4, "the rows must differ for this to say anything"


@pytest.mark.parametrize(
    ("lower", "upper", "overlap"),
    [(-3.0, -2.0, True), (-3.0, -2.01, False), (-1.0, 0.0, True), (-0.99, 0.0, False),
     (-1.6, -1.4, True), (float("-inf"), float("inf"), True)],
)  # fmt: skip
def test_intervals_overlap_where_they_share_a_point(lower, upper, overlap):
    row = PredictionRow(Candidate.parse("Co-N4@graphene;Li"), "binding_energy", -1.5, -2.0, -1.0,
                        "eV", 0.9, True, (), "m")  # fmt: skip
    refined = Refined(-1.2, lower, upper, True, (), "ridge 1", False)
    assert refined.overlaps(row) is overlap
    assert refined.difference(row) == pytest.approx(0.3)
