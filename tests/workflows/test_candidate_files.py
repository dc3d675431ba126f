import csv
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import candidates

from sacml.errors import SacmlError, TableError
from sacml.workflows.candidate_files import COLUMNS, read_candidates


@settings(deadline=None, max_examples=30)
@given(st.lists(candidates, min_size=1, max_size=8))
def test_candidates_written_to_a_table_are_read_back(given_candidates):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.csv"
        with path.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle)
            writer.writerow(COLUMNS)
            for c in given_candidates:
                values = (getattr(c.conditions, name) for name in COLUMNS[2:])
                writer.writerow([c.site, c.alkali, *("" if v is None else repr(v) if
                                 isinstance(v, float) else v for v in values)])  # fmt: skip
        assert read_candidates(path) == given_candidates


def test_the_alkali_option_serves_rows_without_one(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("site,alkali\nCo-N4@graphene,\nFe-N4@graphene,Na\n")
    assert [c.alkali for c in read_candidates(path, "K")] == ["K", "Na"]
    with pytest.raises(TableError, match="line 2, column 'alkali'"):
        read_candidates(path)


def test_a_spreadsheet_export_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "c.csv"
    path.write_bytes("\ufeffsite,alkali\nCo-N4@graphene,Li\n".encode())
    assert len(read_candidates(path)) == 1


def test_a_file_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "c.csv"
    path.write_bytes(b"site,alkali\n\xff\xfe\x00,Li\n")
    with pytest.raises(SacmlError, match="not a readable CSV file"):
        read_candidates(path)


def test_one_row_with_several_mistakes_lists_each(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("site,alkali,temperature_C,role\nCo-N4@nowhere,Cs,hot,chair\n")
    with pytest.raises(TableError) as caught:
        read_candidates(path)
    assert {p.column for p in caught.value.problems} == {
        "site", "alkali", "temperature_C", "role",
    }  # fmt: skip
    assert {p.row for p in caught.value.problems} == {2}
