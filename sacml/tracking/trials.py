"""A hyper-parameter search in MLflow: a run for the search and one nested below it per trial."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna import Study

    from sacml.models.tuning import Tuning
    from sacml.tracking.target_run import TargetRun


class TrialLog:
    """Observer of `sacml.models.tuning.tune`.

    Parameters
    ----------
    run
        Run of the target below which the search stands.
    run_id
        Run of the search.
    storage, study_name
        Where Optuna keeps the study: what a trial tried is read from there, and a search that is
        taken up again goes on in it.
    """

    def __init__(self, run: "TargetRun", run_id: str, storage: str, study_name: str) -> None:
        self.run, self.run_id = run, run_id
        self.storage, self.study_name = storage, study_name

    def on_trial(self, number: int, score: float, best: float) -> None:
        """Write a trial as a nested run, and the best score so far as a step of the search."""
        trial = self.study().trials[number]
        tags = {"sacml.kind": "trial", "mlflow.parentRunId": self.run_id}
        with self.run.nested(f"trial {number}", tags) as run_id:
            seconds = trial.duration.total_seconds() if trial.duration else float("nan")
            self.run.writer.log(
                run_id, params=trial.params, metrics={"inner_mae": score, "seconds": seconds}
            )
        steps = [("inner_mae", score, number), ("best_inner_mae", best, number)]
        self.run.writer.log(self.run_id, steps=steps)

    def finish(self, tuning: "Tuning") -> None:
        """Write what was found, the table of trials, and the plots."""
        self.run.writer.log(
            self.run_id,
            params={f"best.{k}": v for k, v in tuning.params.items()},
            metrics={"best_score": tuning.score, "n_trials": len(tuning.trials)},
        )
        self.run.writer.log_text(self.run_id, tuning.trials.to_csv(index=False), "trials.csv")
        with tempfile.TemporaryDirectory() as scratch:
            plot_study(self.study(), Path(scratch))
            self.run.writer.log_path(self.run_id, Path(scratch), "figures")

    def study(self) -> "Study":
        """Return the study as it stands in the storage."""
        import optuna

        return optuna.load_study(study_name=self.study_name, storage=self.storage)


@contextmanager
def search(
    run: "TargetRun", name: str, storage: str, study_name: str, params: dict[str, Any]
) -> Iterator[TrialLog]:
    """Open the run of a search; give the observer that `tune` takes as `on_trial`."""
    with run.nested(f"search · {name}", {"sacml.kind": "search"}) as run_id:
        run.writer.log(run_id, params=params | {"optuna.study": study_name})
        yield TrialLog(run, run_id, storage, study_name)


def plot_study(study: "Study", folder: Path) -> tuple[Path, ...]:
    """Write the course of a search and, from two finished trials, which parameters mattered."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt
    from optuna.exceptions import ExperimentalWarning
    from optuna.visualization import matplotlib as visual

    plots: dict[str, Any] = {"history.png": visual.plot_optimization_history}
    # what does not change the score has no importance
    if len({t.value for t in study.trials if t.value is not None}) > 1:
        plots["importance.png"] = visual.plot_param_importances
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        for name, plot in plots.items():
            figure: Any = plot(study).figure
            figure.set_size_inches(7, 4)
            figure.savefig(folder / name, dpi=120, bbox_inches="tight")
            plt.close(figure)
    return tuple(folder / name for name in plots)
