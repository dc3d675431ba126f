"""From frames and mappings to what a run holds."""

import math
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from sacml.tracking.payload import (
    epoch_metric,
    flatten,
    last_epochs,
    model_runs,
    split_finite,
    to_toml,
)

KEYS = st.text("abcdefghij_-. µ", min_size=1, max_size=8)
VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=("C",)), max_size=20),
    st.lists(st.integers(-9, 9), max_size=3),
)
CONFIGS = st.recursive(
    st.dictionaries(KEYS, VALUES, max_size=4),
    lambda inner: st.dictionaries(KEYS, st.one_of(VALUES, inner), max_size=4),
    max_leaves=8,
)


@given(CONFIGS)
def test_toml_round_trip(config):
    assert tomllib.loads(to_toml(config)) == config


def test_toml_of_lists_of_tables_and_none():
    config = {
        "proposals": [{"alkali": "Na", "max": None, "top": 3}],
        "folder": None,
        "names": ("a", "b"),
    }
    text = to_toml(config)
    assert tomllib.loads(text) == {
        "proposals": [{"alkali": "Na", "top": 3}],
        "names": ["a", "b"],
    }
    assert "# folder is not set" in text
    assert "# max is not set" in text


def test_flatten_uses_dots():
    assert flatten({"a": {"b": {"c": 1}}, "d": (1, 2)}) == {"a.b.c": "1", "d": "(1, 2)"}


@given(st.dictionaries(KEYS, st.floats()))
def test_no_figure_is_lost(metrics):
    finite, others = split_finite(metrics)
    assert len(finite) + len(others) == len(metrics)
    assert all(map(math.isfinite, finite.values()))


def test_every_combination_is_one_run_with_its_own_scores(evaluation):
    runs = list(model_runs(evaluation.predictions, evaluation.scores))
    assert [(r.model, r.trained_on) for r in runs] == [
        ("constant", "sac"),
        ("constant", "all"),
        ("ridge", "sac"),
        ("ridge", "all"),
    ]
    assert sum(len(r.predictions) for r in runs) == len(evaluation.predictions)
    for run in runs:
        assert set(run.scores["model"]) == {run.model}
        assert set(run.scores["rows"]) == {"sac", "all"}
    assert runs[0].name == "constant · sac rows · leave one metal out"


def test_metrics_carry_the_rows_they_are_over(evaluation):
    run = next(model_runs(evaluation.predictions, evaluation.scores))
    metrics = run.final_metrics()
    by_rows = run.scores.set_index("rows")
    assert metrics["mae_all"] == by_rows.loc["all", "mae"]
    assert metrics["n_records_sac"] == by_rows.loc["sac", "n_records"]


def test_figures_of_epochs_have_names_that_are_read_back():
    name = epoch_metric("10.1021/abc(1)+x", 2, "train_loss")
    assert name == "fold 10.1021_abc_1__x/member 2 train_loss"
    metrics = {
        name: 1.0, epoch_metric("10.1021/abc(1)+x", 1, "train_loss"): 3.0,
        epoch_metric("", 1, "inner_mae"): 0.5, "mae_all": 0.2,
    }  # fmt: skip
    others, last = last_epochs(metrics)
    assert others == {"mae_all": 0.2}
    assert last == {"fold 10.1021_abc_1__x, train_loss": 2.0, "all rows, inner_mae": 0.5}
