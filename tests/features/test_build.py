import numpy as np
import pandas as pd
import pytest

from sacml.domain import Candidate, Modifier, Site
from sacml.errors import TableError
from sacml.features import CandidateTable
from sacml.features import build as module


def test_columns_give_the_same_table_as_candidates():
    sites = ["Co-N4@graphene", "@graphene", "Co-N4@graphene", "vac-N4@graphene"]
    table = CandidateTable.from_columns(
        sites, ["Li", "Na", "K", "Li"],
        current_density_mA_cm2=[1.0, np.nan, 2.0, None], cell=["half", None, "", "full"],
        temperature_C=[-20, 0, 25, None],
    )  # fmt: skip
    found = [str(table.candidate(i)) for i in range(4)]
    assert found == [
        "Co-N4@graphene;Li;j=1.0;T=-20.0;cell=half",
        "@graphene;Na;T=0.0",
        "Co-N4@graphene;K;j=2.0;T=25.0",
        "vac-N4@graphene;Li;cell=full",
    ]
    assert len(table.hosts) == 1


def test_columns_of_a_data_frame():
    frame = pd.DataFrame(
        {"site": ["Co-N4@g", "Co-N4@graphene"], "alkali": ["Li", "Na"], "role": ["host", None]}
    )
    table = CandidateTable.from_columns(frame["site"], frame["alkali"], role=frame["role"])
    assert [str(table.candidate(i)) for i in (0, 1)] == [
        "Co-N4@graphene;Li;role=host",
        "Co-N4@graphene;Na",
    ]


def test_each_text_is_read_once(monkeypatch):
    seen = []

    class Spy(Site):
        @classmethod
        def parse(cls, text):
            seen.append(text)
            return Site.parse(text)

    monkeypatch.setattr(module, "Site", Spy)
    table = CandidateTable.from_columns(["Co-N4@graphene", "Ni-N4@graphene"] * 500, ["Li"] * 1000)
    assert sorted(seen) == ["Co-N4@graphene", "Ni-N4@graphene"]
    assert len(table) == 1000


def test_all_bad_cells_are_named_at_once():
    sites = ["Co-N4@graphene"] * 1000
    sites[10] = sites[20] = "Xx-N4@graphene"
    alkalis = ["Li"] * 1000
    alkalis[30] = "Rb"
    current = np.ones(1000)
    current[40] = -2.0
    cells = ["half"] * 1000
    cells[50] = "halve"
    with pytest.raises(TableError) as caught:
        CandidateTable.from_columns(
            sites, alkalis, file="mine.csv", names={"current_density_mA_cm2": "j"},
            current_density_mA_cm2=current, cell=cells,
        )  # fmt: skip
    problems = caught.value.problems
    assert [(p.row, p.column, p.value) for p in problems] == [
        (12, "site", "Xx-N4@graphene"),
        (22, "site", "Xx-N4@graphene"),
        (32, "alkali", "Rb"),
        (42, "j", "-2"),
        (52, "cell", "halve"),
    ]
    assert "mine.csv: 5 bad rows" in str(caught.value)
    assert "allowed: Li, Na, K" in problems[2].problem
    assert "half" in problems[4].problem


def test_wrong_use_is_refused():
    with pytest.raises(TypeError, match="speed"):
        CandidateTable.from_columns(["@graphene"], ["Li"], speed=[1])
    with pytest.raises(ValueError, match="alkalis has 2 rows"):
        CandidateTable.from_columns(["@graphene"], ["Li", "Na"])
    with pytest.raises(ValueError, match="temperature_C has shape"):
        CandidateTable.from_columns(["@graphene"], ["Li"], temperature_C=[1, 2])
    with pytest.raises(ValueError, match="2 modifiers for 1"):
        CandidateTable.from_candidates(
            [Candidate.parse("@graphene;Li")], [Modifier("bare"), Modifier("bare")]
        )


def test_no_rows():
    assert len(CandidateTable.from_columns([], [])) == 0
    assert len(CandidateTable.from_candidates([])) == 0
