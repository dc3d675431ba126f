"""A table in, a table of predictions out."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sacml.errors import TableError
from sacml.tracking.serving import EXAMPLE, OUTPUT, candidates_of, predict_frame


class Echo:
    """A surrogate that predicts the current density of each row."""

    def __init__(self, target="cycle_life"):
        self.target = target

    def predict(self, table, level=0.9):
        value = np.asarray(table.current_density_mA_cm2, dtype=float)
        return SimpleNamespace(
            target=self.target,
            unit="h",
            value=value,
            lower=value - level,
            upper=np.full(len(value), np.inf),
            in_domain=value < 2,
            reasons=lambda i: ("far from all",) if value[i] >= 2 else (),
        )


def test_rows_come_back_in_order_with_assumptions_in_words():
    frame = pd.DataFrame(
        {
            "site": ["Co-N4@graphene", "Zn-?@hard_carbon"],
            "alkali": ["Li", "Na"],
            "current_density_mA_cm2": [1.0, None],
            "areal_capacity_mAh_cm2": [1.0, 2.0],
            "cell": ["symmetric", None],
        }
    )
    found = predict_frame(Echo(), frame, level=0.5)
    assert tuple(found.columns) == OUTPUT
    assert found["value"].tolist() == [1.0, 3.0]
    assert found["lower"].tolist() == [0.5, 2.5]
    assert found["unit"].tolist() == ["h", "h"]
    assert found["in_domain"].tolist() == [True, False]
    assert found["reasons"].tolist() == [
        "",
        "far from all; assumed current_density_mA_cm2 = 3",
    ]


def test_nothing_is_assumed_for_a_binding_energy():
    frame = pd.DataFrame({"site": ["Co-N4@graphene"], "alkali": ["Li"]})
    assert "assumed" not in predict_frame(Echo("binding_energy"), frame)["reasons"].iloc[0]
    assert "assumed" in predict_frame(Echo(), frame)["reasons"].iloc[0]


def test_an_empty_table_gives_an_empty_table():
    empty = pd.DataFrame({"site": [], "alkali": []})
    found = predict_frame(Echo(), empty)
    assert tuple(found.columns) == OUTPUT
    assert found.empty


def test_the_input_example_is_valid():
    assert len(candidates_of(pd.DataFrame(EXAMPLE))) == 2


def test_all_bad_cells_are_reported_at_once():
    frame = pd.DataFrame(
        {
            "site": ["Cx-N4@graphene", "Co-N4@graphene", "Co-N4@graphene"],
            "alkali": ["Li", "Rb", "Na"],
            "cell": ["half", "pouch", None],
            "temperature_C": [25.0, None, 900.0],
        }
    )
    with pytest.raises(TableError) as caught:
        candidates_of(frame, "request")
    assert [(p.row, p.column) for p in caught.value.problems] == [
        (2, "site"),
        (3, "alkali"),
        (3, "cell"),
        (4, "temperature_C"),
    ]


def test_a_missing_column_is_named():
    with pytest.raises(TableError, match="alkali"):
        candidates_of(pd.DataFrame({"site": ["@graphene"]}))
