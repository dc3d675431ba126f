"""Two models are compared record by record, and only on the same folds."""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from sacml.errors import ModelFileError
from sacml.evaluation.metrics import GroupBootstrap
from sacml.tracking.evidence import Evidence, judge

N, GROUPS = 60, 12


def evidence(errors, model="ridge", digest="d" * 64, judged="all"):
    """Errors of several models: name -> (n,)."""
    frames = [
        pd.DataFrame(
            {
                "model": name,
                "trained_on": "all",
                "fold": [f"g{i % GROUPS}" for i in range(N)],
                "group": [f"g{i % GROUPS}" for i in range(N)],
                "record_id": [f"r{i}" for i in range(N)],
                "is_sac": [i % 2 == 0 for i in range(N)],
                "bound": "reported",
                "error": values,
            }
        )
        for name, values in errors.items()
    ]
    return Evidence(
        "cycle_life", model, "all", "leave_one_source_out", digest, "data", judged, "log10(h)", 0,
        pd.concat(frames, ignore_index=True),
    )  # fmt: skip


@pytest.fixture
def errors():
    rng = np.random.default_rng(0)
    constant = np.abs(rng.normal(0.5, 0.1, N))
    return {
        "constant": constant,
        "ridge": constant - 0.1 + rng.normal(0, 0.05, N),
        "extra_trees": constant - 0.2 + rng.normal(0, 0.05, N),
    }


def test_written_and_read_no_digit_is_lost(errors, tmp_path):
    made = evidence(errors)
    made.write(tmp_path)
    read = Evidence.read(tmp_path)
    pd.testing.assert_frame_equal(read.rows, made.rows)
    assert asdict(replace(read, rows=None)) == asdict(replace(made, rows=None))
    assert Evidence.read(tmp_path / "nothing") is None
    (tmp_path / "held_out.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ModelFileError, match="held-out rows"):
        Evidence.read(tmp_path)


def test_a_better_challenger_wins_with_the_paired_interval(errors):
    challenger, champion = evidence(errors, "extra_trees"), evidence(errors, "ridge")
    verdict = judge(challenger, champion)
    delta = errors["extra_trees"] - errors["ridge"]
    groups = np.array([f"g{i % GROUPS}" for i in range(N)])
    low, high = GroupBootstrap.of(groups, 0).interval(delta)
    assert verdict.wins
    assert (verdict.low, verdict.high) == (low, high)
    assert verdict.difference == pytest.approx(delta.mean())
    assert "extra_trees (all rows) wins against the champion (ridge, all rows)" in verdict.sentence
    back = judge(champion, challenger)
    assert not back.wins
    assert "loses" in back.sentence


def test_a_tie_is_no_win(errors):
    noise = np.random.default_rng(1).normal(0, 0.1, N)
    other = evidence({"ridge": errors["ridge"] + noise - noise.mean()})
    verdict = judge(other, evidence(errors))
    assert not verdict.wins
    assert "cannot be told apart" in verdict.sentence


def test_the_first_version_has_to_beat_the_constant(errors):
    assert judge(evidence(errors), None).wins
    worse = errors | {"ridge": errors["constant"] + 0.1}
    verdict = judge(evidence(worse), None)
    assert not verdict.wins
    assert "against the constant" in verdict.sentence


def test_on_other_folds_the_champions_model_is_taken_from_the_challengers_study(errors):
    old = evidence({"ridge": errors["ridge"] - 10}, "ridge", "e" * 64)
    verdict = judge(evidence(errors, "extra_trees"), old)
    assert verdict.wins  # the champion's own errors are of other folds and do not count
    assert "fitted anew on the challenger's folds" in verdict.sentence
    alone = evidence({"extra_trees": errors["extra_trees"]}, "extra_trees")
    refused = judge(alone, old)
    assert not refused.wins
    assert "train both in one study" in refused.sentence
    assert np.isnan(refused.difference)


def test_the_same_model_on_other_folds_cannot_be_judged(errors):
    verdict = judge(evidence(errors), evidence(errors, digest="e" * 64))
    assert not verdict.wins
    assert "the same model" in verdict.sentence


def test_sites_alone_decide_where_the_study_says_so(errors):
    sac = np.arange(N) % 2 == 0
    shifted = errors | {"extra_trees": np.where(sac, errors["ridge"] + 0.1, errors["ridge"] - 5)}
    all_rows = judge(evidence(shifted, "extra_trees"), evidence(shifted))
    sites = judge(evidence(shifted, "extra_trees", judged="sac"), evidence(shifted, judged="sac"))
    assert all_rows.wins
    assert not sites.wins
    assert "on 30 records" in sites.sentence


def test_evidence_of_a_study_is_its_deciding_split(judged, surrogate):
    made = Evidence.of(surrogate, judged)
    split = judged.splits["leave_one_source_out"]
    assert (made.split, made.split_digest) == (split.name, split.digest)
    assert set(made.rows["model"]) == {"constant", "ridge"}
    score = judged.scores.query(
        f"model == 'ridge' and trained_on == 'sac' and rows == '{made.judged}'"
    )
    assert made.errors("ridge", "sac")["error"].mean() == pytest.approx(score["mae"].iloc[0])
