"""Labels of a loop, computed here: the campaign's machinery on a folder inside the loop's."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sacml.data import read_labels
from sacml.data.rules import value_problem
from sacml.domain import Candidate
from sacml.errors import SacmlError
from sacml.labels.campaign import Campaign
from sacml.labels.engines import Engine, Limits, find_python
from sacml.labels.protocol import atom_key, binding_tasks
from sacml.labels.queue import Queue
from sacml.labels.table import Tables, tables
from sacml.structures import add_alkali, build
from sacml.workflows.loop.config import TARGET, LoopConfig
from sacml.workflows.loop.state import Answer, Asked, LoopError

if TYPE_CHECKING:
    from sacml.data import Dataset
    from sacml.labels.status import CampaignStatus
    from sacml.labels.task import Task


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a round.

    Attributes
    ----------
    answers
        One for each candidate that was asked; None while some are missing.
    waiting
        Why some are missing, or why the loop is to end after them; else empty.
    """

    answers: tuple[Answer, ...] | None
    waiting: str = ""


class Bench(Protocol):
    """Where labels come from."""

    def check(self) -> None:
        """Raise, before anything is fitted or asked, where no label can be made."""

    def work(self, asked: Sequence[Asked], every: Sequence[Asked]) -> Outcome:
        """Label what a round asks, as far as that can be done now; `every` is of all rounds."""

    def own(self, asked: Sequence[Asked]) -> "Dataset | None":
        """Return the records of what was asked in all rounds; None where there are none."""


@dataclass(frozen=True)
class CampaignBench:
    """Computes labels with an engine.

    Attributes
    ----------
    folder
        Of the loop; the campaign lies in ``labels/``, its tables in ``tables/``.
    engine
        None takes the one that the settings name.
    until
        Reading of `time.monotonic` after which no further task is begun.
    """

    folder: Path
    config: LoopConfig
    engine: Engine | None = None
    workers: int = 1
    executor: Executor | None = None
    until: float | None = None
    on_status: "Callable[[CampaignStatus], None] | None" = None

    def check(self) -> None:
        """Raise if GPAW is missing here; of a cluster only its workers know."""
        if self.engine is None and self.config.settings.engine == "gpaw" and self.executor is None:
            find_python(self.config.python)

    def work(self, asked: Sequence[Asked], every: Sequence[Asked]) -> Outcome:
        """Run the campaign until nothing of it is left, or until asked to stop."""
        config = self.config
        with Campaign(
            self.folder / "labels", config.settings, engine=self.engine,
            limits=Limits(**config.limits.model_dump()), python=config.python,
            max_tries=config.max_tries,
        ) as campaign:  # fmt: skip
            campaign.add_candidates(
                [a.candidate for a in asked], config.places, config.campaign.moments_of,
                config.stability, config.relative,
            )  # fmt: skip
            left = None if self.until is None else self.until - time.monotonic()
            status = campaign.run(self.workers, self.executor, None, left, self.on_status)
            if not status.is_complete:
                why = status.stopping or "tasks are left"
                return Outcome(None, f"{why}; {status.lines()[0]}")
            found = tables(campaign.queue, d3=False)
            answers = tuple(_answer(a, found, campaign.queue) for a in asked)
            for alkali in dict.fromkeys(a.alkali for a in asked):
                _check_atom(campaign.queue, alkali)
        usable = [s for s in found.starts if not _problem(float(s["binding_energy_atom_eV"]))]
        if usable:
            replace(found, starts=tuple(usable)).write(self.folder / "tables")
        return Outcome(answers, status.stopping)

    def own(self, asked: Sequence[Asked]) -> "Dataset | None":
        """Read the table of labels through the importer."""
        path = self.folder / "tables" / "binding.csv"
        if not path.is_file():
            return None
        found = read_labels(path, self.config.name)
        pairs = {a.pair for a in asked}
        # references of the campaign, such as pristine graphene, were not asked for
        mine = tuple(r for r in found if (str(r.site), r.alkali) in pairs)
        return replace(found, records=mine) if mine else None


def refusal(candidate: Candidate, config: LoopConfig) -> str | None:
    """Say why no structure or no start of a candidate can be made; None where all is well."""
    try:
        if list(candidate.site.resolved()) != [candidate.site]:
            return "its shell is not stated in full"
        tasks_of(candidate, config)
        if config.places is not None:
            options = config.settings.build_options()
            structure = build(candidate.site, options=options)
            for place in config.places:
                add_alkali(structure, candidate.alkali, place, options)
    except SacmlError as error:
        return str(error)
    return None


def tasks_of(candidate: Candidate, config: LoopConfig) -> "tuple[Task, ...]":
    """Return the tasks of one label."""
    return binding_tasks(
        candidate.site, candidate.alkali, config.settings, config.places,
        config.campaign.moments_of(candidate.site), relative=False,
    )  # fmt: skip


def _answer(asked: Asked, found: Tables, queue: Queue) -> Answer:
    for label in found.labels:
        if (label.site, label.alkali) == asked.pair:
            value = label.binding_energy_atom_eV
            return Answer(*asked.pair, value, _problem(value), label.key)
    why = dict(found.refused).get(f"{asked.site};{asked.alkali}")
    return Answer(*asked.pair, None, why or _failures(asked, queue) or "it has no result")


def _failures(asked: Asked, queue: Queue) -> str:
    """Reasons of the tasks of a label that failed for good."""
    site, atom = f"site/{asked.site}", atom_key(asked.alkali)
    begin = (f"{site}/m", f"ads/{asked.site}/{asked.alkali}/")
    keys = [e.key for e in queue if e.key in (site, atom) or e.key.startswith(begin)]
    return "; ".join(_reasons(queue, keys))


def _reasons(queue: Queue, keys: Iterable[str]) -> list[str]:
    return [f"{key}: {tries[-1]['reason']}" for key in keys
            if queue.header(key) is None and (tries := queue.failures(key))]  # fmt: skip


def _check_atom(queue: Queue, alkali: str) -> None:
    """Raise where no label of an alkali metal can ever be had."""
    if failed := _reasons(queue, [atom_key(alkali)]):
        raise LoopError(
            f"no label of {alkali} can be had, as its isolated atom has no energy: {failed[0]}; "
            "mend the engine or its settings, remove the failed tries from labels/failed, and run "
            "the loop again"
        )


def _problem(value: float) -> str:
    """Say why a label is no record; empty where it is one."""
    if value > 0:
        return f"it does not bind: {value:.2f} eV against the isolated atom, which no record holds"
    return value_problem(TARGET, value) or ""
