"""`sacml runs` and the registry below `sacml models`, on two tracked studies of seconds."""

import json
import os

import pytest
from typer.testing import CliRunner

from sacml.cli.app import app
from sacml.models import store
from sacml.tracking import StudyTracker, default_uri
from sacml.workflows import StudyConfig
from sacml.workflows.fit import compare, fit_roles

TARGET = "nucleation_overpotential"


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tracked")
    made = default_uri(folder)
    for name, models in (("first", ("constant",)), ("second", ("constant", "conditions_only"))):
        config = StudyConfig(
            name=name, targets=(TARGET,), models=models, trained_on=("all",),
            splits=("leave_one_source_out",),
        )  # fmt: skip
        dump = config.model_dump(mode="json")
        with StudyTracker(made, name=name, config=dump) as tracker:
            dataset, evaluation = compare(config, TARGET)
            with tracker.target(TARGET, dataset) as run:
                surrogate = fit_roles(config, dataset, evaluation)["screen"]
                place = store.save(surrogate, folder / name / TARGET)
                run.log_evaluation(evaluation, surrogate.facts["evaluation"]["sentence"])
                run.log_surrogate(place, evaluation)
    return made


def run(uri, *arguments, code=0):
    done = CliRunner().invoke(app, [*arguments, "--tracking-uri", uri])
    assert done.exit_code == code, (done.output, done.exception)
    return done.stdout


def as_json(uri, *arguments, code=0):
    return json.loads(run(uri, *arguments, "--json", code=code))


def test_studies_are_listed_and_what_lies_below_them_is_asked_for(uri):
    found = as_json(uri, "runs", "list")
    assert [r["name"].split(" · ")[0] for r in found["runs"]] == ["second", "first"]
    below = as_json(uri, "runs", "list", "--target", TARGET, "--kind", "evaluation")
    assert below["n"] == 3
    assert {r["status"] for r in below["runs"]} == {"FINISHED"}
    text = run(uri, "runs", "list", "--target", TARGET, "--limit", "2")
    assert "and 5 more" in text


def test_a_run_is_shown_with_what_it_was_made_of(uri):
    name = "conditions_only · all rows · leave one source out"
    found = as_json(uri, "runs", "show", name)
    assert found["params"]["model"] == "conditions_only"
    assert found["tags"]["sacml.split_digest"]
    assert "predictions.csv" in found["files"]
    text = run(uri, "runs", "show", found["run_id"][:10])
    assert found["tags"]["sacml.dataset_digest"] in text


def test_the_best_is_the_lowest_error_and_compared_record_by_record(uri):
    best = as_json(uri, "runs", "best", TARGET)["runs"]
    assert {r["model"] for r in best} == {"constant", "conditions_only"}
    assert best[0]["mae"] <= best[1]["mae"]
    found = as_json(uri, "runs", "compare", best[0]["run_id"], best[1]["run_id"])
    pair = {c["run_id"]: c for c in found["comparisons"] if c["rows"] == best[0]["rows"]}
    gap = best[1]["mae"] - best[0]["mae"]
    assert pair[best[1]["run_id"]]["difference"] == pytest.approx(gap)
    assert "MAE" in run(uri, "runs", "compare", best[0]["run_id"], best[1]["run_id"])
    assert "MAE" in run(uri, "runs", "best", TARGET)


def test_a_run_is_done_again_to_the_last_digit(uri):
    name = "conditions_only · all rows · leave one source out"
    found = as_json(uri, "runs", "reproduce", name)
    assert found["verdict"] == "identical"
    assert found["n_figures"] >= 10
    assert found["differences"] == []
    study = as_json(uri, "runs", "list")["runs"][0]["run_id"]
    assert as_json(uri, "runs", "reproduce", study)["n_figures"] == 2 * found["n_figures"]


def test_what_is_not_as_it_was_is_named(uri):
    from sacml.tracking.backend import connect
    from sacml.tracking.query import find_run

    client = connect(uri)
    name = "constant · all rows · leave one source out"
    changed = find_run(client, name).info.run_id
    before = client.get_run(changed).data
    client.log_metric(changed, "mae_all", before.metrics["mae_all"] + 0.5)
    client.set_tag(changed, "sacml.dataset_digest", "0" * 64)
    try:
        found = as_json(uri, "runs", "reproduce", changed, code=3)
        assert found["verdict"] == "different"
        assert [d["metric"] for d in found["differences"]] == ["mae_all"]
        assert found["changed"][0].startswith("records: 000000000000 then, ")
        assert "not as it was: records" in run(uri, "runs", "reproduce", changed, code=3)
    finally:
        client.log_metric(changed, "mae_all", before.metrics["mae_all"])
        client.set_tag(changed, "sacml.dataset_digest", before.tags["sacml.dataset_digest"])


def test_a_store_is_merged_into_another(uri, tmp_path):
    home = default_uri(tmp_path)
    source = uri.removeprefix("sqlite:///")
    # three evaluations, and of each study its own run, that of the target and the release
    assert as_json(home, "runs", "merge", source)["new"] == 9
    assert "9 already there" in run(home, "runs", "merge", source)
    assert len(as_json(home, "models", "list", "--registered")["versions"]) == 2


def test_the_way_of_a_model_from_challenger_to_a_folder(uri, tmp_path):
    listed = as_json(uri, "models", "list", "--registered")["versions"]
    assert [(v["version"], v["aliases"]) for v in listed] == [(2, ["challenger"]), (1, [])]
    refused = as_json(uri, "models", "promote", f"{TARGET}@1", code=3)
    assert refused["promoted"] is False
    assert "the constant" in refused["why"]
    decided = CliRunner().invoke(app, ["models", "promote", TARGET, "--tracking-uri", uri])
    assert decided.exit_code in (0, 3)
    assert decided.stdout.startswith("promoted" if decided.exit_code == 0 else "not promoted")
    assert f"# {TARGET}-" in run(uri, "models", "show", f"{TARGET}@2")
    assert as_json(uri, "models", "show", f"{TARGET}@2")["version"] == 2
    out = tmp_path / "out"
    assert f"--models {out}" in run(uri, "models", "export", f"{TARGET}@2", str(out))
    assert store.load(out / TARGET).target == TARGET
    assert f"sacml-{TARGET}@3" in run(uri, "models", "import", str(out / TARGET))
    fresh = default_uri_of(tmp_path)
    assert "no surrogate is registered" in run(fresh, "models", "list", "--registered")
    assert "FINISHED" in run(fresh, "runs", "list")


def default_uri_of(folder):
    uri = default_uri(folder / "empty")
    with StudyTracker(uri):
        pass
    return uri


def test_a_mistake_is_one_message(uri, tmp_path):
    for arguments in (
        ["runs", "show", "nothing"],
        ["runs", "best", "cycle_life"],
        ["runs", "compare", "first"],
        ["runs", "merge", str(tmp_path / "none.db")],
        ["models", "rollback", TARGET],
        ["models", "promote", "binding_energi"],
    ):
        done = CliRunner().invoke(app, [*arguments, "--tracking-uri", uri])
        assert done.exit_code == 1
        assert type(done.exception).__module__.startswith("sacml.")
    assert not os.path.exists(tmp_path / "none.db")
