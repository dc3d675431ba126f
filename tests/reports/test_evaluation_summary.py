from pathlib import Path

import numpy as np
import pandas as pd

from sacml.reports.evaluation_figures import write_figures
from sacml.reports.evaluation_summary import markdown_table, summary


def test_a_cell_is_readable():
    table = pd.DataFrame(
        {"a": [0.12345, np.inf], "b": [np.nan, 2.0], "c": ["x|y", "z"], "n": [1, 2]}
    )
    assert markdown_table(table).splitlines() == [
        "| a | b | c | n |", "| --- | --- | --- | --- |", "| 0.123 |  | x/y | 1 |",
        "| infinite | 2.000 | z | 2 |",
    ]  # fmt: skip


def test_only_what_was_computed_is_written():
    tables = {"skipped": pd.DataFrame({"target": ["t"], "what": ["w"], "why": ["because"]}),
              "needed": pd.DataFrame()}  # fmt: skip
    text = summary("title", tables, {"t": "The rule picks ridge."}, [Path("figures/scores.png")])
    assert text.startswith("# title\n\n- The rule picks ridge.\n")
    assert "| t | w | because |" in text
    assert "Records that would be needed" not in text
    assert "![scores](figures/scores.png)" in text


def scramble():
    return pd.DataFrame({
        "target": ["cycle_life"], "split": ["random"], "model": ["ridge"], "trained_on": ["all"],
        "mae": [0.3], "p": [0.02], "n": [3], "scrambled": ["0.5 0.6 0.7"],
        "scale_unit": ["log10(h)"],
    })  # fmt: skip


def test_figures_are_drawn_where_their_tables_are(tmp_path):
    one = write_figures(tmp_path / "one", {"scramble": scramble(), "learning": pd.DataFrame()})
    two = write_figures(tmp_path / "two", {"scramble": scramble()})
    assert [p.name for p in one] == ["scramble.png"]
    assert one[0].read_bytes() == two[0].read_bytes()
