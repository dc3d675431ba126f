"""A study in MLflow: one parent run, one nested run per target, model, training rows and split."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sacml.tracking.backend import TrackingError, quiet
from sacml.tracking.environment import environment_text
from sacml.tracking.payload import ModelRun, flatten, model_runs, to_toml
from sacml.tracking.runs import RunWriter

if TYPE_CHECKING:
    from sacml.data import Dataset
    from sacml.evaluation import Evaluation

MAX_DIGEST = 36  # characters of a dataset's digest that the store takes; a tag holds the whole


class StudyTracker:
    """Context in which a study is written to MLflow.

    The parent run ends as FINISHED, as FAILED when an exception passes through, as KILLED on
    ctrl-C; so does the nested run that was open then.

    Parameters
    ----------
    uri
        Tracking URI, e.g. from `default_uri`.
    experiment
        Name of the experiment, made if it is not there.
    name
        Readable name of the study.
    config
        Resolved configuration: logged as ``config.toml`` and, flattened, as parameters.
    tags
        Further tags of the parent run.

    Examples
    --------
    ::

        with StudyTracker(default_uri("runs"), "sacml", name="quickstart") as tracker:
            tracker.log_evaluation("binding_energy", evaluation, dataset)
            tracker.log_path("runs/quickstart/report.html")
    """

    def __init__(
        self,
        uri: str,
        experiment: str = "sacml",
        *,
        name: str = "study",
        config: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self.uri, self.experiment, self.name = uri, experiment, name
        self.config, self.tags = dict(config or {}), dict(tags or {})
        self._writer: RunWriter | None = None
        self._run_id: str | None = None

    @property
    def writer(self) -> RunWriter:
        """What writes to the store; only inside the context."""
        if self._writer is None:
            raise TrackingError("the study is not open: write `with StudyTracker(...) as tracker:`")
        return self._writer

    @property
    def run_id(self) -> str:
        """Id of the parent run, also after the study has ended."""
        if self._run_id is None:
            raise TrackingError("the study is not open: write `with StudyTracker(...) as tracker:`")
        return self._run_id

    def __enter__(self) -> "StudyTracker":
        self._writer = RunWriter(self.uri, self.experiment)
        started = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        self._run_id = self._writer.create(f"{self.name} · {started}", {"sacml.kind": "study"})
        try:
            self._writer.log(self._run_id, params=flatten(self.config), tags=self.tags)
            self.log_text(to_toml(self.config), "config.toml")
            self.log_text(environment_text(), "environment.txt")
        except BaseException as error:
            self._writer.end(self._run_id, error)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        writer, self._writer = self.writer, None
        writer.end(self.run_id, error)

    @contextmanager
    def nested(self, name: str, tags: Mapping[str, str] | None = None) -> Iterator[str]:
        """Open a nested run and give its id; it ends with the status of the block."""
        parent = {"mlflow.parentRunId": self.run_id}
        kind = {"sacml.kind": "step"}
        with self.writer.open(name, kind | dict(tags or {}) | parent) as run_id:
            yield run_id

    def log_dataset(self, dataset: "Dataset", context: str = "training") -> None:
        """Log a dataset with its digest as input of the study."""
        self._log_inputs(self.run_id, _dataset_input(dataset, context))
        digest = {f"sacml.dataset_digest.{dataset.name}": dataset.digest}
        self.writer.log(self.run_id, tags=digest)

    def log_evaluation(
        self, target: str, evaluation: "Evaluation", dataset: "Dataset | None" = None
    ) -> tuple[str, ...]:
        """Log an evaluation as nested runs.

        Parameters
        ----------
        target
            Name of the target.
        evaluation
            Its frames are cut by model, training rows and split; folds become metric steps.
        dataset
            What was evaluated on, logged as input of each run.

        Returns
        -------
        tuple of str
            Ids of the nested runs.
        """
        entity = None if dataset is None else _dataset_input(dataset, "evaluation")
        ids = []
        for run in model_runs(evaluation.predictions, evaluation.scores):
            tags = {"sacml.kind": "evaluation"}
            if run.split in evaluation.splits:
                tags["sacml.split_digest"] = evaluation.splits[run.split].digest
            if dataset is not None:
                tags |= {"sacml.dataset": dataset.name, "sacml.dataset_digest": dataset.digest}
            with self.nested(f"{target} · {run.name}", tags) as run_id:
                self._log_model_run(run_id, target, run)
                if entity is not None:
                    self._log_inputs(run_id, entity)
            ids.append(run_id)
        return tuple(ids)

    def _log_model_run(self, run_id: str, target: str, run: ModelRun) -> None:
        folds = run.folds()
        steps = [
            (name, float(row[column]), int(row["step"]))
            for row in folds.to_dict("records")
            for name, column in (("fold_mae", "mae"), ("fold_mae_sac", "mae_sac"))
            if row[column] == row[column]  # a fold without SAC rows has no such figure
        ]
        what = {
            "target": target,
            "model": run.model,
            "trained_on": run.trained_on,
            "split": run.split,
        }
        tags = {f"sacml.{k}": v for k, v in what.items()}
        units = run.scores["scale_unit"].unique() if "scale_unit" in run.scores else ()
        if len(units):
            tags["sacml.mae_unit"] = ", ".join(map(str, units))
        self.writer.log(
            run_id,
            params=what | {"n_folds": len(folds)},
            tags=tags,
            metrics=run.final_metrics(),
            steps=steps,
        )
        self.log_text(run.predictions.to_csv(index=False), "predictions.csv", run_id)
        self.log_text(folds.to_csv(index=False), "folds.csv", run_id)

    def log_text(self, text: str, name: str, run_id: str | None = None) -> None:
        """Log a text as a file of the study (or of one of its runs)."""
        self.writer.log_text(run_id or self.run_id, text, name)

    def log_path(self, path: str | Path, artifact_path: str | None = None) -> None:
        """Log a file, or every file below a folder: figures, report, tables."""
        self.writer.log_path(self.run_id, Path(path), artifact_path)

    def log_surrogate(self, folder: str | Path, *, name: str | None = None) -> str:
        """Log a stored surrogate as a pyfunc model, in a nested run of its own.

        Parameters
        ----------
        folder
            As written by `sacml.models.store.save`; checked by loading it.
        name
            Name of the model, the folder's name by default.

        Returns
        -------
        str
            URI that ``mlflow.pyfunc.load_model`` takes.
        """
        from sacml.tracking.release import log_pyfunc

        model = name or Path(folder).resolve().name
        with self.nested(f"release · {model}", {"sacml.kind": "release"}) as run_id:
            return log_pyfunc(self.uri, run_id, Path(folder), model)

    def _log_inputs(self, run_id: str, entity: Any) -> None:
        with quiet():
            self.writer.client.log_inputs(run_id, [entity])


def _dataset_input(dataset: "Dataset", context: str) -> Any:
    with quiet():
        import mlflow.data
        from mlflow.entities import DatasetInput, InputTag

        logged = mlflow.data.from_pandas(  # type: ignore[attr-defined]
            dataset.frame(), name=dataset.name, digest=dataset.digest[:MAX_DIGEST]
        )
        return DatasetInput(logged._to_mlflow_entity(), [InputTag("mlflow.data.context", context)])
