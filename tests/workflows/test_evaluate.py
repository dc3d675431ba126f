"""The evaluation at full depth on the bundled binding energies, with the least of everything."""

import tomllib
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from sacml.errors import UnknownNameError
from sacml.workflows import ConfigError
from sacml.workflows import evaluate_jobs as jobs
from sacml.workflows.evaluate import PARTS, evaluate
from sacml.workflows.evaluate_config import EvaluationConfig

SMALL = EvaluationConfig(
    name="small",
    targets=("binding_energy",),
    models=("constant", "alkali_mean", "alkali_shell_mean"),
    trained_on=("sac",),
    splits=("leave_one_metal_out", "leave_one_source_out", "random"),
    seeds=(1,),
    inner_folds=2,
    studied=("alkali_mean",),
    orders=1,
    sizes=3,
    permutations=2,
)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluation")
    return evaluate(SMALL, folder=folder), folder


def test_every_part_writes_its_tables(done):
    found, folder = done
    tables = {p.stem for p in (folder / "tables").glob("*.csv")}
    assert tables == set(found.tables) >= {
        "scores", "predictions", "skipped", "nested", "picks", "seeds", "comparisons", "coverage",
        "coverage_groups", "calibration", "learning", "needed", "scramble", "leaks",
        "leak_counts", "verdicts",
    }  # fmt: skip
    figures = {p.stem for p in (folder / "figures").glob("*.png")}
    assert figures == {"scores", "coverage_groups", "calibration", "learning", "scramble"}
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    for heading in ("Verdicts", "The release rule itself", "Learning curves", "y-scrambling"):
        assert f"## {heading}" in summary
    assert "needs at least two groups" in summary  # why one split could not be made


def test_the_rule_stands_beside_the_naive_winner_on_the_same_records(done):
    nested = done[0].tables["nested"].set_index("what")
    assert len(set(nested["n_records"])) == 1
    picked = done[0].tables["picks"]
    assert len(picked) == nested["n_groups"].iloc[0]
    p = done[0].tables["predictions"]
    p = p[p["split"] == "leave_one_metal_out"].merge(
        picked[["outer", "model"]], left_on=["fold", "model"], right_on=["outer", "model"]
    )
    assert nested.loc["the rule itself", "mae"] == pytest.approx(p["error"].mean())


def test_only_what_draws_random_numbers_is_seeded(done):
    seeds = done[0].tables["seeds"]
    assert set(seeds["split"]) == {"random"}
    assert (seeds["n_seeds"] == 2).all()
    assert (seeds["mae_min"] < seeds["mae_max"]).all()


def test_a_second_run_finds_everything(done, monkeypatch):
    found, folder = done
    monkeypatch.setattr(jobs, "compute", lambda *_: pytest.fail("computed again"))
    steps = []
    again = evaluate(SMALL, folder=folder, parts=["verdicts"], on_job=steps.append)
    assert steps
    assert all(s.stored for s in steps)
    assert [s.done for s in steps][-1] == steps[-1].total
    pd.testing.assert_frame_equal(again.tables["verdicts"], found.tables["verdicts"])


def test_an_interrupted_run_goes_on(tmp_path, monkeypatch):
    compute, ran = jobs.compute, []

    def first_two(described, job):
        if len(ran) == 2:
            raise KeyboardInterrupt
        ran.append(job.name)
        return compute(described, job)

    monkeypatch.setattr(jobs, "compute", first_two)
    with pytest.raises(KeyboardInterrupt):
        evaluate(SMALL, folder=tmp_path, parts=["comparisons"])
    assert len(list(tmp_path.glob("jobs/**/*.parquet"))) == 2
    monkeypatch.setattr(jobs, "compute", compute)
    steps = []
    evaluate(SMALL, folder=tmp_path, parts=["comparisons"], figures=False, on_job=steps.append)
    assert [s.job.name for s in steps if s.stored] == ran


def test_another_setting_is_computed_again(tmp_path):
    evaluate(SMALL, folder=tmp_path, parts=["scramble"], figures=False)
    more = SMALL.model_copy(update={"permutations": 3})
    steps = []
    found = evaluate(more, folder=tmp_path, parts=["scramble"], figures=False, on_job=steps.append)
    assert {s.job.part for s in steps if not s.stored} == {"scramble"}
    assert set(found.tables["scramble"]["n"]) == {3}


def test_an_executor_gives_the_same_numbers(done, tmp_path):
    with ThreadPoolExecutor(2) as executor:
        found = evaluate(SMALL, folder=tmp_path, parts=["scores", "nested"], figures=False,
                         executor=executor)  # fmt: skip
    for name in ("scores", "predictions", "nested", "picks"):
        pd.testing.assert_frame_equal(found.tables[name], done[0].tables[name])


def test_a_slow_model_is_scored_once_and_a_target_may_have_models_of_its_own(tmp_path):
    settings = SMALL.model_copy(update={
        "models_of": {"binding_energy": ("constant", "alkali_mean", "same_metal_mean")},
        "once": ("same_metal_mean",), "outer_blocks": 3,
    })  # fmt: skip
    parts = ["scores", "nested", "seeds"]
    tables = evaluate(settings, folder=tmp_path, parts=parts, figures=False).tables
    p = tables["predictions"].groupby("model")["split"].unique()
    assert set(p["alkali_mean"]) == {"leave_one_metal_out", "random"}
    assert set(p["same_metal_mean"]) == {"leave_one_metal_out"}
    assert set(p.index) == {"constant", "alkali_mean", "same_metal_mean"}
    assert "same_metal_mean" not in set(tables["seeds"]["model"])
    assert tables["picks"]["inner_mae"].nunique() <= 3
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "made anew for 3 blocks of groups, on 2 inner folds" in summary
    assert "first seed alone: same_metal_mean. Not asked for this target: alkali_shell_mean" in (
        summary
    )
    text = (tmp_path / "config.toml").read_text(encoding="utf-8")
    assert EvaluationConfig.make(tomllib.loads(text)) == settings


def test_models_of_a_target_are_checked(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text('once = ["rigde"]\n[models_of]\ncycle_life = ["ridge"]\n')
    with pytest.raises(ConfigError) as error:
        evaluate(path, folder=tmp_path)
    for part in ("2 wrong settings", "rigde", "models_of", "'constant' must be among"):
        assert part in str(error.value)


def test_the_resolved_configuration_is_written(done):
    text = (done[1] / "config.toml").read_text(encoding="utf-8")
    assert EvaluationConfig.make(tomllib.loads(text)) == SMALL


def test_wrong_settings_are_named_together(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text('models = ["ridge", "rigde"]\nseeds = [-1]\ncolour = "red"\n')
    with pytest.raises(ConfigError) as error:
        evaluate(path, folder=tmp_path)
    for part in ("3 wrong settings", "rigde", "seeds", "colour", "inner_folds"):
        assert part in str(error.value)
    with pytest.raises(ConfigError, match="no configuration file"):
        evaluate(tmp_path / "none.toml")
    path.write_text("models = ")
    with pytest.raises(ConfigError, match="not valid TOML"):
        evaluate(path)


def test_an_unknown_part_is_named(tmp_path):
    with pytest.raises(UnknownNameError, match="verdicts"):
        evaluate(SMALL, folder=tmp_path, parts=["verdict"])
    assert "verdicts" in PARTS
