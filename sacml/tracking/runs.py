"""Writing to runs: create, log in batches, end with the right status."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.tracking.backend import TrackingError, connect, experiment_id, quiet
from sacml.tracking.environment import common_tags
from sacml.tracking.payload import split_finite

if TYPE_CHECKING:
    from mlflow import MlflowClient

MAX_PARAMETER, MAX_TAG = 6000, 8000  # characters that the store takes
_METRICS_PER_BATCH, _OTHERS_PER_BATCH = 900, 90


class RunWriter:
    """An open experiment of a store, and the runs written to it."""

    def __init__(self, uri: str, experiment: str) -> None:
        self.uri = uri
        self.client: MlflowClient = connect(uri)
        self.experiment_id = experiment_id(self.client, uri, experiment)
        self._common = common_tags()

    def create(self, name: str, tags: Mapping[str, str]) -> str:
        """Start a run and return its id."""
        with quiet():
            run = self.client.create_run(
                self.experiment_id, run_name=name, tags=self._common | dict(tags)
            )
        return str(run.info.run_id)

    @contextmanager
    def open(self, name: str, tags: Mapping[str, str]) -> Iterator[str]:
        """Start a run for a block; it ends with the status of the block."""
        run_id = self.create(name, tags)
        try:
            yield run_id
        except BaseException as error:
            self.end(run_id, error)
            raise
        self.end(run_id, None)

    def log(
        self,
        run_id: str,
        *,
        params: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        metrics: Mapping[str, float] | None = None,
        steps: Sequence[tuple[str, float, int]] = (),
    ) -> None:
        """Write to a run in as few calls as the store allows.

        Parameters
        ----------
        run_id
            Id of the run.
        params, tags
            Written as text; what is longer than the store takes is shortened and says so.
        metrics
            Final figures; those that are not finite become tags named ``metric.NAME``.
        steps
            ``(name, value, step)`` of figures that have a course.
        """
        from mlflow.entities import Metric, Param, RunTag

        now = int(time.time() * 1000)
        finite, others = split_finite(metrics or {})
        figures = [Metric(k, v, now, 0) for k, v in finite.items()]
        figures += [Metric(k, v, now, step) for k, v, step in steps]
        given = [Param(k, _fit(str(v), MAX_PARAMETER)) for k, v in (params or {}).items()]
        labels = [RunTag(k, _fit(str(v), MAX_TAG)) for k, v in (dict(tags or {}) | others).items()]
        with quiet():
            while figures or given or labels:
                self.client.log_batch(
                    run_id,
                    metrics=figures[:_METRICS_PER_BATCH],
                    params=given[:_OTHERS_PER_BATCH],
                    tags=labels[:_OTHERS_PER_BATCH],
                )
                figures = figures[_METRICS_PER_BATCH:]
                given, labels = given[_OTHERS_PER_BATCH:], labels[_OTHERS_PER_BATCH:]

    def log_text(self, run_id: str, text: str, name: str) -> None:
        """Log a text as a file of a run."""
        with quiet():
            self.client.log_text(run_id, text, name)

    def log_path(self, run_id: str, path: Path, artifact_path: str | None = None) -> None:
        """Log a file, or every file below a folder."""
        with quiet():
            if path.is_dir():
                self.client.log_artifacts(run_id, str(path), artifact_path)
            elif path.is_file():
                self.client.log_artifact(run_id, str(path), artifact_path)
            else:
                raise TrackingError(f"nothing to log at {str(path)!r}: no such file or folder")

    def end(self, run_id: str, error: BaseException | None) -> None:
        """End a run as FINISHED, FAILED or, on ctrl-C, KILLED.

        A store that fails here does not hide the error that is on its way.
        """
        status = "FINISHED"
        if isinstance(error, KeyboardInterrupt):
            status = "KILLED"
        elif error is not None and not (isinstance(error, SystemExit) and not error.code):
            status = "FAILED"
        try:
            if status != "FINISHED":
                text = f"{type(error).__name__}: {error}".removesuffix(": ")
                self.log(run_id, tags={"sacml.error": text})
            with quiet():
                self.client.set_terminated(run_id, status)
        except Exception as lost:
            if error is None:
                raise TrackingError(f"run {run_id} could not be ended: {lost}") from lost
            error.add_note(f"run {run_id} could not be marked {status}: {lost}")


def _fit(text: str, limit: int) -> str:
    note = " ... (shortened here)"
    return text if len(text) <= limit else text[: limit - len(note)] + note
