"""A loop in MLflow: one run for the loop with its curve, and a nested run per round.

What is there follows from the store: a loop that is taken up again finds its run and writes the
rounds that are missing, each once.
"""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sacml.workflows.loop.config import LoopConfig
from sacml.workflows.loop.report import figures_of
from sacml.workflows.loop.tables import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sacml.tracking.runs import RunWriter

Say = Callable[[str], None]
EXPERIMENT = "sacml-loops"
LOOP, ROUND = "sacml.loop", "sacml.loop_round"
"""Tags: id of the loop, and number of the round."""


class LoopRun:
    """The run of a loop, open.

    A store that goes away does not end a loop: `say` is told, and what is missing is written when
    the loop is run again.
    """

    def __init__(
        self, writer: "RunWriter", run_id: str, loop_id: str, folder: Path, say: Say
    ) -> None:
        self.writer, self.run_id, self.loop_id, self.folder = writer, run_id, loop_id, folder
        self.say = say
        self._there = _rounds(writer, loop_id)

    def log(self, course: Sequence[Row], files: Sequence[Path]) -> None:
        """Write the rounds that the store does not hold yet, and the files as they are now."""
        with self._forgiving():
            for row in course:
                if (number := str(row["round"])) not in self._there:
                    self._log_round(row)
                    self._there.add(number)
            for path in files:
                self.writer.log_path(self.run_id, path)

    def end(self, error: BaseException | None) -> None:
        """End the run."""
        with self._forgiving():
            self.writer.end(self.run_id, error)

    def _log_round(self, row: Row) -> None:
        number, figures = int(row["round"]), figures_of(row)
        self.writer.log(self.run_id, steps=[(k, v, number) for k, v in figures.items()])
        tags = {"mlflow.parentRunId": self.run_id, LOOP: self.loop_id, ROUND: str(number),
                "sacml.kind": "round"}  # fmt: skip
        with self.writer.open(EXPERIMENT, f"round {number}", tags) as run_id:
            words = {k: v for k in ("model", "version") if (v := row[k])}
            self.writer.log(run_id, params=words, metrics=figures)
            self.writer.log_path(run_id, self.folder / f"round-{number:02d}", "round")

    @contextmanager
    def _forgiving(self) -> "Iterator[None]":
        try:
            yield
        except Exception as error:
            said = (str(error).splitlines() or [type(error).__name__])[0][:300]
            self.say(
                f"the tracking store {self.writer.uri} does not take what is written ({said}); "
                "the loop goes on, and running it again writes what is missing"
            )


class NoRun:
    """Stands in for `LoopRun` where nothing is tracked."""

    def log(self, course: Sequence[Row], files: Sequence[Path]) -> None:
        """Write nothing."""


@contextmanager
def tracked(
    uri: str | None, config: LoopConfig, loop_id: str, folder: Path, say: Say
) -> "Iterator[LoopRun | NoRun]":
    """Open the run of a loop, a new one or the one it had; it ends with the status of the block."""
    if uri is None:
        yield NoRun()
        return
    from sacml.tracking.contact import settle
    from sacml.tracking.environment import common_tags, environment_text
    from sacml.tracking.payload import flatten, to_toml
    from sacml.tracking.runs import RunWriter

    writer = RunWriter(uri)
    settle(writer.client)
    run_id = _find(writer, f"tags.`{LOOP}` = '{loop_id}' and tags.`sacml.kind` = 'loop'")
    settings = config.model_dump(mode="json")
    if run_id is None:
        tags = {"sacml.kind": "loop", LOOP: loop_id}
        run_id = writer.create(EXPERIMENT, f"{config.name} · {loop_id[:8]}", tags)
        writer.log(run_id, params=flatten(config.identity()))
        writer.log_text(run_id, environment_text(), "environment.txt")
    else:
        taken_up: str = run_id
        writer.write(taken_up, lambda client, run: client.update_run(run, status="RUNNING"))
        writer.log(taken_up, tags=common_tags())
    writer.log_text(run_id, to_toml(settings), "config.toml")
    run = LoopRun(writer, run_id, loop_id, folder, say)
    try:
        yield run
    except BaseException as error:
        run.end(error)
        raise
    run.end(None)


def _find(writer: "RunWriter", query: str) -> str | None:
    found = _search(writer, query)
    return found[0][0] if found else None


def _rounds(writer: "RunWriter", loop_id: str) -> set[str]:
    """Numbers of the rounds that were written whole."""
    query = f"tags.`{LOOP}` = '{loop_id}' and tags.`sacml.kind` = 'round'"
    return {tags[ROUND] for _, tags, status in _search(writer, query) if status == "FINISHED"}


def _search(writer: "RunWriter", query: str) -> list[tuple[str, dict[str, str], str]]:
    from sacml.tracking.backend import patiently

    def ask() -> list[tuple[str, dict[str, str], str]]:
        experiment = writer.client.get_experiment_by_name(EXPERIMENT)
        if experiment is None:
            return []
        runs = writer.client.search_runs([experiment.experiment_id], query, max_results=1000)
        return [(r.info.run_id, dict(r.data.tags), r.info.status) for r in runs]

    return patiently(ask)
