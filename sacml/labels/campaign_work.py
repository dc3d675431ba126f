"""One task from preparation to result, wherever an executor runs it; it never raises."""

from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass, replace
from pathlib import Path

from sacml.labels.engines import Engine, Limits, run_task
from sacml.labels.retry import Attempt
from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import Task, TaskResult


@dataclass(frozen=True)
class Adjusted:
    """An engine with the limits and settings of one attempt."""

    engine: Engine
    attempt: Attempt

    @property
    def limits(self) -> Limits | None:
        """Limits of this attempt; None where the engine has none."""
        return getattr(limited(self.engine, self.attempt), "limits", None)

    def run(
        self, task: Task, settings: ProtocolSettings, folder: Path, attempt: int = 0
    ) -> TaskResult:
        """Compute a prepared task; see `Engine.run`."""
        now = self.attempt.settings
        theirs = task.model_copy(update={"settings_digest": now.digest})
        result = limited(self.engine, self.attempt).run(theirs, now, folder, attempt)
        # what the rules change enters no energy, so that the result is one of the campaign's
        return result.model_copy(update={"settings_digest": settings.digest})


def limited(engine: Engine, attempt: Attempt) -> Engine:
    """Return the engine with its limits raised as the attempt says."""
    limits = getattr(engine, "limits", None)
    if attempt.time == attempt.memory == 1 or not isinstance(limits, Limits):
        return engine
    memory = limits.memory_MB and int(limits.memory_MB * attempt.memory)
    more = replace(limits, wall_s=limits.wall_s * attempt.time, memory_MB=memory)
    assert is_dataclass(engine)
    assert not isinstance(engine, type)
    raised: Engine = replace(engine, limits=more)
    return raised


def work(
    engine: Engine,
    settings: ProtocolSettings,
    task: Task,
    attempt: Attempt,
    needs: Mapping[str, TaskResult],
    folder: Path,
) -> TaskResult:
    """Compute a task in `folder`.

    Whatever goes wrong is a failed result with its reason: a mistake in an engine must not end
    the campaign, and its text must not be lost.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        adjusted = Adjusted(engine, attempt)
        gentler = attempt.number if attempt.gentler else 0
        result = run_task(adjusted, task, settings, needs, folder, gentler)
        # an engine that mixes up its tasks would put a number under a name it does not belong to
        if (result.key, result.kind) != (task.key, task.kind):
            raise ValueError(f"the engine was given {task.key} and answered with {result.key}")
    except Exception as error:
        return lost(task, "crashed", f"{type(error).__name__}: {error}", attempt)
    notes = result.notes
    if changed := attempt.changed(settings):
        said = ", ".join(f"{name} {value}" for name, value in changed.items())
        notes = (*notes, f"run {attempt.number + 1} ({attempt.why}): {said}")
    return result.model_copy(update={"attempt": attempt.number, "notes": notes})


def lost(task: Task, failure: str, reason: str, attempt: Attempt) -> TaskResult:
    """Return the failed result of a task whose engine gave none."""
    text = reason.strip()[:2000] or "no reason was given"
    values = {
        "key": task.key, "kind": task.kind, "status": "failed", "level_of_theory": "none",
        "settings_digest": task.settings_digest, "failure": failure, "reason": text,
        "attempt": attempt.number,
    }  # fmt: skip
    return TaskResult.from_dict(values)
