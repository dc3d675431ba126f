from dataclasses import replace

import pytest

from sacml.data import load_dataset
from sacml.evaluation import evaluate
from sacml.workflows.readings import changed_conclusions

MODELS = ("constant", "alkali_mean")


@pytest.fixture(scope="module")
def evaluation():
    lives = load_dataset("literature").select(target="cycle_life", for_fit=True)
    few = replace(lives, records=lives.records[:40])
    return evaluate(few, "cycle_life", MODELS, ["leave_one_source_out"], trained_on=["all"])


def with_score(evaluation, model, **figures):
    scores = evaluation.scores.copy()
    for name, value in figures.items():
        scores.loc[scores["model"] == model, name] = value
    return replace(evaluation, scores=scores)


def test_the_same_reading_twice_changes_nothing(evaluation):
    assert changed_conclusions(evaluation, evaluation) == []


def test_another_winner_is_named(evaluation):
    first = with_score(evaluation, "constant", mae=0.1)
    first = with_score(first, "alkali_mean", mae=0.2)
    second = with_score(first, "alkali_mean", mae=0.05)
    (said,) = changed_conclusions(first, second)
    assert said.startswith("as printed, constant trained on all records has the lowest error")
    assert said.endswith("alkali_mean trained on all records")


def test_a_verdict_against_the_constant_that_turns_is_named(evaluation):
    worse = with_score(evaluation, "alkali_mean", delta_high=0.01)
    better = with_score(evaluation, "alkali_mean", delta_high=-0.01)
    (said,) = changed_conclusions(better, worse)
    assert said == (
        "alkali_mean trained on all records is better than the constant as printed, and not told "
        "apart from, or worse than, it with all but failures as bounds"
    )
    assert changed_conclusions(better, better) == []
