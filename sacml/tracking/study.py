"""A study in MLflow, written while it runs: one run for all of it, and one per target.

The experiment ``sacml-studies`` holds a run per study: its configuration, environment, report,
figures and what the machine did. The experiment ``sacml-TARGET`` holds a run per study that
trained this target, with a nested run per model, training rows and split below it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sacml.tracking.backend import TrackingError
from sacml.tracking.contact import STUDY, settle
from sacml.tracking.environment import environment_text
from sacml.tracking.monitor import INTERVAL_S, system_metrics
from sacml.tracking.payload import flatten, to_toml
from sacml.tracking.runs import RunWriter
from sacml.tracking.target_run import TargetRun, dataset_input

if TYPE_CHECKING:
    from sacml.data import Dataset

FILES = ("report.html", "figures", "tables", "proposals")
"""Below a study's folder: what is logged with its run, where it was written."""


class StudyTracker:
    """Context in which a study is written to MLflow while it runs.

    A run ends as FINISHED, as FAILED when an exception passes through, as KILLED on ctrl-C. A
    process that was killed outright leaves what it wrote; its runs are marked KILLED as soon as
    somebody asks the store again (`sacml.tracking.contact.settle`).

    Parameters
    ----------
    uri
        Tracking URI, e.g. from `default_uri`.
    name
        Readable name of the study.
    config
        Resolved configuration: logged as ``config.toml`` and, flattened, as parameters.
    tags
        Further tags of the study's run.
    spare
        URI of a sqlite store, made only when `uri` goes away in mid-run. What it then holds is
        merged as soon as `uri` answers at the end of the study, else by `merge_runs`.
    say
        Told in one line when the store goes away and what became of it.
    prefix
        First word of the experiments' names.

    Examples
    --------
    ::

        with StudyTracker(default_uri("runs"), name="quickstart") as tracker:
            with tracker.target("binding_energy", dataset) as run:
                evaluation = evaluate(dataset, "binding_energy", on_fold=run.on_fold)
                run.log_evaluation(evaluation)
            tracker.log_path("runs/quickstart/report.html")
    """

    def __init__(
        self,
        uri: str,
        *,
        name: str = "study",
        config: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        spare: str | None = None,
        say: Callable[[str], None] = lambda _: None,
        prefix: str = "sacml",
        metrics_every_s: float = INTERVAL_S,
    ) -> None:
        self.uri, self.spare, self.prefix, self.say = uri, spare, prefix, say
        self.config, self.tags = dict(config or {}), dict(tags or {})
        self.title = f"{name} · {datetime.now(UTC).strftime('%Y-%m-%d %H:%M UTC')}"
        self._every_s = metrics_every_s
        self._writer: RunWriter | None = None
        self._run_id: str | None = None
        self._stack = ExitStack()

    @property
    def writer(self) -> RunWriter:
        """What writes to the store; only inside the context."""
        if self._writer is None:
            raise TrackingError("the study is not open: write `with StudyTracker(...) as tracker:`")
        return self._writer

    @property
    def run_id(self) -> str:
        """Id of the study's run, also after the study has ended."""
        if self._run_id is None:
            raise TrackingError("the study is not open: write `with StudyTracker(...) as tracker:`")
        return self._run_id

    def __enter__(self) -> "StudyTracker":
        self._writer = writer = RunWriter(self.uri, self.spare, self.say)
        try:
            settle(writer.client)
        except Exception as error:
            # before hours of work, not after
            self._writer = None
            raise TrackingError(
                f"the tracking store {self.uri!r} does not answer: {error}; start it, or give "
                "another address"
            ) from error
        self._run_id = writer.create(
            f"{self.prefix}-studies", self.title, {"sacml.kind": "study", **self.tags}
        )
        try:
            writer.log(self._run_id, params=flatten(self.config))
            self.log_text(to_toml(self.config), "config.toml")
            self.log_text(environment_text(), "environment.txt")
            self._stack.enter_context(system_metrics(self.uri, self._run_id, self._every_s))
        except BaseException as error:
            writer.end(self._run_id, error)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        writer, self._writer = self.writer, None
        writer.end(self.run_id, error)
        if writer.is_lost:
            self._bring_home()

    def _bring_home(self) -> None:
        from sacml.tracking.merge import merge_runs

        try:
            merged = merge_runs(str(self.spare), self.uri)
        except Exception:
            self.say(
                f"the tracking store {self.uri} is still away: the rest of this study is in "
                f"{self.spare}; bring it home with `sacml runs merge {self.spare} "
                f"--tracking-uri {self.uri}`"
            )
        else:
            self.say(f"{self.uri} is back: {merged.sentence}")

    @contextmanager
    def target(self, name: str, dataset: "Dataset | None" = None) -> Iterator[TargetRun]:
        """Open the run of a target; it ends with the status of the block."""
        experiment = f"{self.prefix}-{name}"
        tags = {"sacml.kind": "target", "sacml.target": name, STUDY: self.run_id}
        if dataset is not None:
            tags |= {"sacml.dataset": dataset.name, "sacml.dataset_digest": dataset.digest}
        with self.writer.open(experiment, self.title, tags) as run_id:
            self.writer.log(run_id, params=flatten(self.config))
            self.log_text(to_toml(self.config), "config.toml", run_id)
            self.log_text(environment_text(), "environment.txt", run_id)
            if dataset is not None:
                entity = dataset_input(dataset, "training")
                self.writer.log_input(run_id, entity)
                self.writer.log_input(self.run_id, entity)
                digest = {f"sacml.dataset_digest.{dataset.name}": dataset.digest}
                self.writer.log(self.run_id, tags=digest)
            run = TargetRun(self.writer, experiment, run_id, self.run_id, name, dataset)
            try:
                yield run
            except BaseException as error:
                run.close(error)
                raise
            run.close(None)

    def log_text(self, text: str, name: str, run_id: str | None = None) -> None:
        """Log a text as a file of the study (or of one of its runs)."""
        self.writer.log_text(run_id or self.run_id, text, name)

    def log_path(self, path: str | Path, artifact_path: str | None = None) -> None:
        """Log a file, or every file below a folder: figures, report, tables."""
        self.writer.log_path(self.run_id, Path(path), artifact_path)

    def log_files(self, folder: str | Path) -> None:
        """Log what a study wrote into its folder, any of `FILES`."""
        for path in filter(Path.exists, (Path(folder) / name for name in FILES)):
            self.log_path(path, path.name if path.is_dir() else None)
