"""A whole study in one call."""

from dataclasses import dataclass, field
from pathlib import Path

from sacml.tracking import list_runs, log_study


@dataclass
class Study:
    folder: Path
    evaluations: dict
    datasets: dict
    surrogates: dict = field(default_factory=dict)
    name: str = "whole"
    config: dict = field(default_factory=lambda: {"seed": 1})
    choices: dict = field(default_factory=lambda: {"cycle_life": "ridge wins"})


def test_everything_a_study_wrote_is_logged(store, evaluation, dataset, tmp_path):
    from sacml.tracking.backend import connect, quiet

    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "coverage.png").write_bytes(b"x")
    (tmp_path / "report.html").write_text("<p>report")
    study = Study(tmp_path, {"cycle_life": evaluation}, {"cycle_life": dataset})
    # a surrogate that was never stored is said, not passed over
    study.surrogates["cycle_life"] = object()
    run_id = log_study(study, store, "whole")

    runs = list_runs(store, "whole")
    assert sorted(runs["kind"]) == ["evaluation"] * 4 + ["study"]
    assert set(runs["status"]) == {"FINISHED"}
    client = connect(store)
    with quiet():
        names = {f.path for f in client.list_artifacts(run_id)}
        run = client.get_run(run_id)
    assert {"report.html", "figures", "config.toml", "environment.txt", "not_logged"} <= names
    assert run.data.tags["sacml.choice.cycle_life"] == "ridge wins"
    assert run.data.tags["sacml.dataset_digest.dft"] == dataset.digest
