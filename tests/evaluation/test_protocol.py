from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from synthetic import NOISE, dataset

from sacml.data import Dataset
from sacml.domain import Site
from sacml.errors import SacmlError
from sacml.evaluation import evaluate
from sacml.uncertainty import Calibration

QUICK = ("constant", "same_metal_mean", "ridge")
DATA = dataset(n=96)


@pytest.fixture(scope="module")
def found():
    return evaluate(DATA, "cycle_life", QUICK)


def pick(table, **values):
    for name, value in values.items():
        table = table[table[name] == value]
    return table


def test_one_row_per_model_and_held_out_record(found):
    p = found.predictions
    keys = ["model", "trained_on", "split", "record_id"]
    assert not p.duplicated(keys).any()
    # by metal the 48 sites are tested, in the other splits all 96 rows
    assert len(p) == len(QUICK) * 2 * (48 + 96 + 96)
    assert pick(p, split="leave_one_metal_out")["is_sac"].all()
    assert set(found.splits) == {"leave_one_metal_out", "leave_one_source_out", "random"}
    assert not found.skipped


def test_the_constant_by_hand(found):
    records = {r.record_id: r for r in DATA.records}
    rows = pick(found.predictions, model="constant", split="leave_one_source_out")
    for _, row in rows.groupby("trained_on").head(5).iterrows():
        held = records[row["record_id"]]
        train = [
            np.log10(r.value)
            for r in DATA.records
            if r.source_group != held.source_group and (r.is_sac or row["trained_on"] == "all")
        ]
        middle = np.median(train)
        assert row["predicted"] == pytest.approx(10**middle)
        short = np.log10(held.value) - middle
        assert row["residual"] == pytest.approx(short)
        assert row["error"] == pytest.approx(max(short, 0) if held.bound == "lower" else abs(short))


def test_the_interval_comes_from_the_other_groups(found):
    rows = pick(found.predictions, model="ridge", trained_on="all", split="leave_one_source_out")
    known = [r.record_id for r in DATA.records if not r.site.shell or r.site.shell.is_known]
    for site in (True, False):
        row = rows[(rows["is_sac"] == site) & rows["record_id"].isin(known)].iloc[0]
        # twelve sources hold a site, so sites have a calibration of their own
        others = rows[(rows["group"] != row["group"]) & (rows["is_sac"] if site else True)]
        half = Calibration.of(others["residual"], others["group"]).half_width(0.9)
        assert row["width"] == pytest.approx(2 * half)
        assert np.log10(row["upper"] / row["predicted"]) == pytest.approx(half)
        assert row["covered"] == (abs(row["residual"]) <= half)


def test_the_law_is_found_and_the_metal_is_worth_nothing(found):
    scores = pick(found.scores, rows="sac", trained_on="all")
    for split in found.splits:
        by_model = pick(scores, split=split).set_index("model")
        assert by_model.loc["ridge", "mae"] < 2 * NOISE
        assert by_model.loc["ridge", "delta_high"] < 0
        assert by_model.loc["constant", "delta_constant"] == 0
    lomo = pick(scores, split="leave_one_metal_out").set_index("model")
    assert lomo.loc["same_metal_mean", "mae"] > 0.8 * lomo.loc["constant", "mae"]


def test_scores_pool_the_predictions(found):
    p, scores = found.predictions, found.scores
    for _, row in scores.iterrows():
        part = pick(p, model=row["model"], trained_on=row["trained_on"], split=row["split"])
        part = part[part["is_sac"]] if row["rows"] == "sac" else part
        assert row["n_records"] == len(part)
        assert row["n_groups"] == part["group"].nunique()
        assert row["mae"] == pytest.approx(part["error"].mean())
        assert row["mae_low"] <= row["mae"] <= row["mae_high"]
        assert row["coverage"] == pytest.approx(part["covered"].mean())
        assert row["delta_low"] <= row["delta_constant"] <= row["delta_high"]
    assert set(scores["scale_unit"]) == {"log10(h)"}
    assert set(scores["rows"]) == {"sac", "all"}


def test_shuffled_targets_score_like_the_constant():
    """A leak of the held-out value into a fold would show here."""
    found = evaluate(dataset(n=96, shuffle=True, bounds=("reported",)), "cycle_life",
                     ("constant", "ridge", "conditions_only", "same_metal_mean"),
                     ("leave_one_source_out", "random"), trained_on=("all",))  # fmt: skip
    for _, row in pick(found.scores, rows="all").iterrows():
        assert row["delta_constant"] > -0.05 * row["mae"], row["model"]


def test_the_same_seed_gives_identical_numbers():
    few, settings = dataset(n=40, n_sources=8), {"trained_on": ("all",)}
    models, splits = ("constant", "conditions_only"), ("random",)
    one, two = (evaluate(few, "cycle_life", models, splits, 3, **settings) for _ in range(2))
    pd.testing.assert_frame_equal(one.predictions, two.predictions, check_exact=True)
    pd.testing.assert_frame_equal(one.scores, two.scores, check_exact=True)
    other = evaluate(few, "cycle_life", models, splits, 4, **settings)
    assert not one.predictions["predicted"].equals(other.predictions["predicted"])


def test_an_unknown_shell_widens_the_interval():
    records = [replace(r, site=Site.parse("Co-?@graphene")) if r.record_id == "r0" else r
               for r in DATA.records]  # fmt: skip
    found = evaluate(Dataset("d", tuple(records)), "cycle_life", ("constant", "ridge"), ("random",))
    rows = pick(found.predictions, model="ridge", trained_on="all").set_index("record_id")
    known = next(r for r in records if r.is_sac and r.site.shell.is_known).record_id
    assert rows.loc["r0", "width"] > rows.loc[known, "width"]


def test_progress_is_told_fold_by_fold():
    steps = []
    evaluate(DATA, "cycle_life", ("constant", "ridge"), ("random",), on_fold=steps.append)
    assert [s.done for s in steps] == list(range(1, 21))
    assert {s.total for s in steps} == {20}
    assert {(s.model, s.trained_on) for s in steps} == {
        (m, t) for m in ("constant", "ridge") for t in ("sac", "all")
    }
    assert all(s.mae > 0 and s.n_test for s in steps)


def test_folds_without_training_rows_are_reported():
    sites = [r for r in DATA.records if r.is_sac][:1]
    others = [r for r in DATA.records if not r.is_sac]
    found = evaluate(Dataset("d", (*sites, *others)), "cycle_life", ("constant",),
                     ("leave_one_source_out",))  # fmt: skip
    assert (
        "1 of 13 folds have no row to train on: s0"
        in (found.skipped["leave_one_source_out, trained on sac"])
    )
    assert not ((found.predictions["trained_on"] == "sac") & found.predictions["is_sac"]).any()
    found = evaluate(Dataset("d", tuple(others)), "cycle_life", ("constant",), ("random",))
    assert set(found.predictions["trained_on"]) == {"all"}
    assert "random, trained on sac" in found.skipped


def test_what_cannot_be_evaluated_is_said():
    with pytest.raises(SacmlError, match="'constant' must be among the models"):
        evaluate(DATA, "cycle_life", ("ridge",))
    one = Dataset("one", DATA.records[:1])
    with pytest.raises(SacmlError, match="no split of the 1 records of cycle_life can be made"):
        evaluate(one, "cycle_life", ("constant",))


@pytest.mark.parametrize("n", [2, 3])
def test_a_handful_of_records_gives_infinite_intervals(n):
    found = evaluate(Dataset("few", DATA.records[:n]), "cycle_life", ("constant", "ridge"),
                     ("leave_one_source_out",))  # fmt: skip
    assert np.isinf(found.predictions["upper"]).all()
    assert found.predictions["covered"].all()
