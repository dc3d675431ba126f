"""The whole result of a study to MLflow in one call."""

from pathlib import Path
from typing import TYPE_CHECKING

from sacml.tracking.study import StudyTracker

if TYPE_CHECKING:
    from sacml.workflows.results import StudyResult

FILES = ("report.html", "figures", "tables", "proposals")
"""Below a study's folder: what is logged with the parent run, where it was written."""


def log_study(study: "StudyResult", uri: str, experiment: str = "sacml") -> str:
    """Log a finished study: inputs, evaluations, chosen surrogates, and the files it wrote.

    Parameters
    ----------
    study
        Its `folder` holds ``models/TARGET`` and any of `FILES`.
    uri
        Tracking URI, e.g. from `default_uri`.
    experiment
        Name of the experiment.

    Returns
    -------
    str
        Id of the parent run.
    """
    folder = Path(study.folder)
    tags = {f"sacml.choice.{target}": sentence for target, sentence in study.choices.items()}
    with StudyTracker(uri, experiment, name=study.name, config=study.config, tags=tags) as tracker:
        for dataset in {d.digest + d.name: d for d in study.datasets.values()}.values():
            tracker.log_dataset(dataset)
        for target, evaluation in study.evaluations.items():
            tracker.log_evaluation(target, evaluation, study.datasets.get(target))
        for target in study.surrogates:
            stored = folder / "models" / target
            if stored.is_dir():
                tracker.log_surrogate(stored, name=target)
            else:
                tracker.log_text(f"{stored} does not exist\n", f"not_logged/{target}.txt")
        for path in filter(Path.exists, (folder / name for name in FILES)):
            tracker.log_path(path, path.name if path.is_dir() else None)
    return tracker.run_id
