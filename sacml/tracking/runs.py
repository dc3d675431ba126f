"""Writing to runs: create, log in batches, end with the right status, lose nothing.

A store that goes away in mid-run does not end a study. What is written from then on goes to a
spare store, a sqlite file beside the results, in twins of the runs; `sacml.tracking.merge` brings
the two together.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.tracking.backend import TrackingError, connect, experiment_id, patiently
from sacml.tracking.environment import common_tags
from sacml.tracking.payload import split_finite

if TYPE_CHECKING:
    from mlflow import MlflowClient

    Action = Callable[[MlflowClient, str], None]

MAX_PARAMETER, MAX_TAG = 6000, 8000  # characters that the store takes
IDENTITY = "sacml.identity"
"""Tag of a twin or a merged run: the id that the run has, or had, where it was started."""
_METRICS_PER_BATCH, _OTHERS_PER_BATCH = 900, 90


class RunWriter:
    """A store and the runs written to it.

    Parameters
    ----------
    uri
        Tracking URI.
    spare
        URI of the store that takes what `uri` no longer does; without one such a loss is an error.
    say
        Told once, in one line, that the store was lost.
    """

    def __init__(
        self, uri: str, spare: str | None = None, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self.uri, self.spare, self.say = uri, spare, say
        self.client: MlflowClient = connect(uri)
        self.is_lost = False
        self._common = common_tags()
        self._experiments: dict[tuple[str, str], str] = {}
        self._made: dict[str, tuple[str, str, dict[str, str], int]] = {}
        self._twins: dict[str, str] = {}
        self._spare_client: MlflowClient | None = None

    def create(self, experiment: str, name: str, tags: Mapping[str, str]) -> str:
        """Start a run and return its id."""
        described = (experiment, name, self._common | dict(tags), _now())
        made: list[str] = []
        if not self.is_lost:
            try:
                made.append(self._create(self.uri, self.client, *described))
            except Exception as error:
                self._lose(error)
        if not made:
            made.append(self._create(str(self.spare), self._other(), *described))
            self._twins[made[0]] = made[0]
        self._made[made[0]] = described
        return made[0]

    def _create(
        self,
        uri: str,
        client: "MlflowClient",
        experiment: str,
        name: str,
        tags: Mapping[str, str],
        start: int,
    ) -> str:
        if (uri, experiment) not in self._experiments:
            found = patiently(lambda: experiment_id(client, uri, experiment))
            self._experiments[uri, experiment] = found
        number = self._experiments[uri, experiment]
        run = patiently(
            lambda: client.create_run(number, start_time=start, run_name=name, tags=dict(tags))
        )
        return str(run.info.run_id)

    def write(self, run_id: str, action: "Action") -> None:
        """Do something to a run, or to its twin in the spare store."""
        if not self.is_lost:
            try:
                patiently(lambda: action(self.client, run_id))
                return
            except Exception as error:
                self._lose(error)
        other, twin = self._other(), self._twin(run_id)
        patiently(lambda: action(other, twin))

    def _lose(self, error: Exception) -> None:
        if self.spare is None or isinstance(error, TrackingError):
            raise error
        self.is_lost = True
        self.say(
            f"the tracking store {self.uri} no longer takes what is written "
            f"({str(error).splitlines()[0][:300]}); the study goes on and writes to {self.spare}"
        )

    def _other(self) -> "MlflowClient":
        if self._spare_client is None:
            self._spare_client = connect(str(self.spare))
        return self._spare_client

    def _twin(self, run_id: str) -> str:
        if run_id not in self._twins:
            experiment, name, tags, start = self._made[run_id]
            self._twins[run_id] = self._create(
                str(self.spare), self._other(), experiment, name, tags | {IDENTITY: run_id}, start
            )
        return self._twins[run_id]

    @contextmanager
    def open(self, experiment: str, name: str, tags: Mapping[str, str]) -> Iterator[str]:
        """Start a run for a block; it ends with the status of the block."""
        run_id = self.create(experiment, name, tags)
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

        now = _now()
        finite, others = split_finite(metrics or {})
        figures = [Metric(k, v, now, 0) for k, v in finite.items()]
        figures += [Metric(k, v, now, step) for k, v, step in steps]
        given = [Param(k, _fit(str(v), MAX_PARAMETER)) for k, v in (params or {}).items()]
        labels = [RunTag(k, _fit(str(v), MAX_TAG)) for k, v in (dict(tags or {}) | others).items()]
        while figures or given or labels:
            batch = {
                "metrics": figures[:_METRICS_PER_BATCH],
                "params": given[:_OTHERS_PER_BATCH],
                "tags": labels[:_OTHERS_PER_BATCH],
            }
            self.write(run_id, lambda client, run, batch=batch: client.log_batch(run, **batch))  # type: ignore[misc]
            figures = figures[_METRICS_PER_BATCH:]
            given, labels = given[_OTHERS_PER_BATCH:], labels[_OTHERS_PER_BATCH:]

    def log_text(self, run_id: str, text: str, name: str) -> None:
        """Log a text as a file of a run."""
        self.write(run_id, lambda client, run: client.log_text(run, text, name))

    def log_input(self, run_id: str, entity: Any) -> None:
        """Log a dataset as input of a run."""
        self.write(run_id, lambda client, run: client.log_inputs(run, [entity]))

    def log_path(self, run_id: str, path: Path, artifact_path: str | None = None) -> None:
        """Log a file, or every file below a folder."""
        if path.is_dir():
            self.write(run_id, lambda c, run: c.log_artifacts(run, str(path), artifact_path))
        elif path.is_file():
            self.write(run_id, lambda c, run: c.log_artifact(run, str(path), artifact_path))
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
            ended = _now()
            self.write(run_id, lambda client, run: client.set_terminated(run, status, ended))
        except Exception as lost:
            if error is None:
                raise TrackingError(f"run {run_id} could not be ended: {lost}") from lost
            error.add_note(f"run {run_id} could not be marked {status}: {lost}")

    def model_store(self, run_id: str) -> tuple[str, str]:
        """URI of the store that takes a model of this run now, and the run's id there."""
        return (str(self.spare), self._twin(run_id)) if self.is_lost else (self.uri, run_id)


def _now() -> int:
    return int(time.time() * 1000)


def _fit(text: str, limit: int) -> str:
    note = " ... (shortened here)"
    return text if len(text) <= limit else text[: limit - len(note)] + note
