"""The run of one target within a study, with a nested run per model, training rows and split."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.tracking.backend import quiet
from sacml.tracking.contact import STUDY
from sacml.tracking.payload import ModelRun, epoch_metric, model_runs
from sacml.tracking.runs import RunWriter

if TYPE_CHECKING:
    import pandas as pd

    from sacml.data import Dataset
    from sacml.evaluation import EpochDone, Evaluation, FoldDone

MAX_DIGEST = 36  # characters of a dataset's digest that the store takes; a tag holds the whole
FLUSH_S = 2.0
"""Figures of folds are gathered for so long before they are written in one call."""


class TargetRun:
    """Observer of the training of one target; made by `StudyTracker.target`."""

    def __init__(
        self,
        writer: RunWriter,
        experiment: str,
        run_id: str,
        study_id: str,
        target: str,
        dataset: "Dataset | None" = None,
    ) -> None:
        self.writer, self.experiment, self.run_id = writer, experiment, run_id
        self.study_id, self.target, self.dataset = study_id, target, dataset
        self._open: dict[tuple[str, str, str], str] = {}
        self._folds: dict[tuple[str, str, str], int] = {}
        self._waiting: list[tuple[str, str, float, int]] = []
        self._flushed = time.monotonic()

    def on_fold(self, fold: "FoldDone") -> None:
        """Write the error of a fold as a step of its model's run; `evaluate` calls it."""
        key = (fold.model, fold.trained_on, fold.split)
        run_id = self._run_of(key)
        step = self._folds.get(key, 0)
        self._folds[key] = step + 1
        self._waiting.append((run_id, "fold_mae", fold.mae, step))
        self._flush_in_time()

    def on_epoch(self, done: "EpochDone") -> None:
        """Write the figures of an epoch as a step of its model's run; `evaluate` calls it.

        The fit on all rows, which has no split, has a run of its own.
        """
        run_id = self._run_of((done.model, done.trained_on, done.split))
        for name, value in done.epoch.figures.items():
            metric = epoch_metric(done.fold, done.epoch.member, name)
            self._waiting.append((run_id, metric, value, done.epoch.number))
        self._flush_in_time()

    def also(self, other: "Callable[[FoldDone], None] | None") -> "Callable[[FoldDone], None]":
        """Return `on_fold` followed by another observer, e.g. a progress bar."""

        def both(fold: "FoldDone") -> None:
            self.on_fold(fold)
            if other is not None:
                other(fold)

        return both

    @contextmanager
    def nested(self, name: str, tags: Mapping[str, str] | None = None) -> Iterator[str]:
        """Open a nested run and give its id; it ends with the status of the block."""
        given = {"sacml.kind": "step"} | self._family() | dict(tags or {})
        with self.writer.open(self.experiment, name, given) as run_id:
            yield run_id

    def log_evaluation(self, evaluation: "Evaluation", sentence: str = "") -> tuple[str, ...]:
        """Write final figures, folds and held-out rows of an evaluation; return the runs' ids.

        Parameters
        ----------
        evaluation
            Its frames are cut by model, training rows and split.
        sentence
            Which model was chosen and why, shown on the page of the target's run.
        """
        splits = {n: s.digest for n, s in evaluation.splits.items()}
        tags = {f"sacml.split_digest.{name}": digest for name, digest in splits.items()}
        if sentence:
            tags |= {"sacml.choice": sentence, "mlflow.note.content": sentence}
        best = evaluation.best()
        tags |= {"sacml.best": f"{best.model}, {best.trained_on} rows", "sacml.split": best.split}
        # on the run of the target, so that studies can be compared without unfolding them
        figures = {"best_mae": best.mae, "constant_mae": best.constant_mae}
        self.writer.log(
            self.run_id, tags=tags | {"sacml.mae_unit": best.scale_unit}, metrics=figures
        )
        for name, split in evaluation.splits.items():
            self.writer.log_text(self.run_id, split.to_json(), f"splits/{name}.json")
        return self.log_models(evaluation.predictions, evaluation.scores, splits)

    def log_models(
        self, predictions: "pd.DataFrame", scores: "pd.DataFrame", digests: Mapping[str, str]
    ) -> tuple[str, ...]:
        """Write the frames of an evaluation, a nested run per model, training rows and split.

        Parameters
        ----------
        predictions, scores
            As of `sacml.evaluation.Evaluation`.
        digests
            Split -> digest of its folds, by which runs are known to be comparable.
        """
        self._flush()
        entity = None if self.dataset is None else dataset_input(self.dataset, "evaluation")
        ids = []
        for run in model_runs(predictions, scores):
            key = (run.model, run.trained_on, run.split)
            run_id = self._run_of(key)
            if run.split in digests:
                self.writer.log(run_id, tags={"sacml.split_digest": digests[run.split]})
            self._log_model_run(run_id, run, live=key in self._folds)
            if entity is not None:
                self.writer.log_input(run_id, entity)
            self.writer.end(run_id, None)
            del self._open[key]
            ids.append(run_id)
        return tuple(ids)

    def log_surrogate(self, folder: str | Path, evaluation: "Evaluation | None" = None) -> str:
        """Log a stored surrogate as a pyfunc model, in a nested run, and register it.

        Parameters
        ----------
        folder
            As written by `sacml.models.store.save`; checked by loading it.
        evaluation
            Its held-out rows on the deciding split are stored with the model, so that it can be
            compared with another version; without them it can never be promoted.

        Returns
        -------
        str
            URI that ``mlflow.pyfunc.load_model`` takes.
        """
        from sacml.tracking.release import release

        return release(self, Path(folder), evaluation)

    def log_path(self, path: str | Path, artifact_path: str | None = None) -> None:
        """Log a file, or every file below a folder: figures, tables."""
        self.writer.log_path(self.run_id, Path(path), artifact_path)

    def close(self, error: BaseException | None) -> None:
        """End the nested runs that are still open."""
        self._flush()
        while self._open:
            self.writer.end(self._open.popitem()[1], error)

    def _flush_in_time(self) -> None:
        if time.monotonic() - self._flushed > FLUSH_S:
            self._flush()

    def _flush(self) -> None:
        by_run: dict[str, list[tuple[str, float, int]]] = {}
        for run_id, *step in self._waiting:
            by_run.setdefault(run_id, []).append((step[0], step[1], step[2]))  # type: ignore[arg-type]
        self._waiting.clear()
        for run_id, steps in by_run.items():
            self.writer.log(run_id, steps=[s for s in steps if s[1] == s[1]])
        self._flushed = time.monotonic()

    def _family(self) -> dict[str, str]:
        tags = {"mlflow.parentRunId": self.run_id, STUDY: self.study_id}
        tags["sacml.target"] = self.target
        if self.dataset is not None:
            tags["sacml.dataset"] = self.dataset.name
            tags["sacml.dataset_digest"] = self.dataset.digest
        return tags

    def _run_of(self, key: tuple[str, str, str]) -> str:
        if key not in self._open:
            model, rows, split = key
            what = {"model": model, "trained_on": rows} | ({"split": split} if split else {})
            kind = "evaluation" if split else "fit"
            tags = {"sacml.kind": kind} | {f"sacml.{k}": v for k, v in what.items()}
            name = f"{model} · {rows} rows · {split.replace('_', ' ') or 'fit on all of them'}"
            self._open[key] = self.writer.create(self.experiment, name, tags | self._family())
            self.writer.log(self._open[key], params=what | {"target": self.target})
        return self._open[key]

    def _log_model_run(self, run_id: str, run: ModelRun, live: bool) -> None:
        folds = run.folds()
        shown = (("fold_mae_sac", "mae_sac"),) if live else (
            ("fold_mae", "mae"), ("fold_mae_sac", "mae_sac"))  # fmt: skip
        steps = [
            (name, float(row[column]), int(row["step"]))
            for row in folds.to_dict("records")
            for name, column in shown
            if row[column] == row[column]  # a fold without SAC rows has no such figure
        ]
        tags = {}
        units = run.scores["scale_unit"].unique() if "scale_unit" in run.scores else ()
        if len(units):
            tags["sacml.mae_unit"] = ", ".join(map(str, units))
        self.writer.log(
            run_id,
            params={"n_folds": len(folds)},
            tags=tags,
            metrics=run.final_metrics(),
            steps=steps,
        )
        self.writer.log_text(run_id, run.predictions.to_csv(index=False), "predictions.csv")
        self.writer.log_text(run_id, folds.to_csv(index=False), "folds.csv")


def dataset_input(dataset: "Dataset", context: str) -> Any:
    """Return a dataset as MLflow logs it, by the text of its records and its digest."""
    with quiet():
        import mlflow.data
        from mlflow.entities import DatasetInput, InputTag

        logged = mlflow.data.from_pandas(  # type: ignore[attr-defined]
            dataset.frame(), name=dataset.name, digest=dataset.digest[:MAX_DIGEST]
        )
        return DatasetInput(logged._to_mlflow_entity(), [InputTag("mlflow.data.context", context)])
