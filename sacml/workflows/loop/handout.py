"""Labels of a loop, computed elsewhere: inputs are handed out, finished results taken back."""

import csv
import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sacml.data import Dataset
from sacml.errors import SacmlError
from sacml.labels.engines.inputs_only import InputsEngine
from sacml.labels.extxyz import MOMENTS
from sacml.labels.queue_files import write_atomic
from sacml.labels.starts import prepare
from sacml.labels.task import Task, TaskResult, key_of, to_extxyz
from sacml.workflows.loop.config import LoopConfig
from sacml.workflows.loop.labels import Outcome, tasks_of
from sacml.workflows.loop.state import Answer, Asked, LoopError

if TYPE_CHECKING:
    from sacml.data import Record

GIVEN_UP = "FAILED"
"""File that a person puts into a folder whose calculation will not come, with the reason in it."""


@dataclass(frozen=True)
class HandOutBench:
    """Writes inputs into ``handed/``, a folder per calculation, and reads what stands in them.

    A start is written on the bare site as it is built: its relaxed geometry is not known yet. A
    label is there when each of its starts has come back or was given up.
    """

    folder: Path
    config: LoopConfig

    def check(self) -> None:
        """Nothing can be missing: the program runs elsewhere."""

    @property
    def handed(self) -> Path:
        """Folder of the calculations."""
        return self.folder / "handed"

    def work(self, asked: Sequence[Asked], every: Sequence[Asked]) -> Outcome:
        """Write what is not written yet, and take back what has come."""
        for one in asked:
            for task in self._tasks(one):
                self._write(task)
        back = self._import(every)
        answers, waiting = [], []
        for one in asked:
            answer = self._answer(one, back)
            if isinstance(answer, Answer):
                answers.append(answer)
            else:
                waiting += answer
        if waiting:
            open_ = dict.fromkeys(waiting)
            shown = "".join(f"\n  {line}" for line in list(open_)[:20])
            more = f"\n  ... {len(open_)} in all" * (len(open_) > 20)
            return Outcome(
                None,
                f"calculations to do in {self.handed}:{shown}{more}\n  leave the outputs in their "
                f"folders and run the loop again; for one that will not come, put a file "
                f"{GIVEN_UP} with the reason into its folder",
            )
        return Outcome(tuple(answers))

    def own(self, asked: Sequence[Asked]) -> "Dataset | None":
        """Return the lowest of the starts of each label, all at the level of the first of them."""
        back = self._import(asked)
        level = back.level
        kept = tuple(r for a in asked if (r := back.lowest(a)) and r.level_of_theory == level)
        return Dataset(self.config.name, kept, back.digest) if kept else None

    def _tasks(self, asked: Asked) -> list[Task]:
        """Tasks of a label; its bulk metal is no part of an energy against the atom."""
        return [t for t in tasks_of(asked.candidate, self.config) if t.kind != "bulk"]

    def _write(self, task: Task) -> None:
        """Write the inputs of a task; the folder is whole or not there."""
        place = self.handed / task.file_name
        if place.exists():
            return
        settings = self.config.settings
        needs = {}
        for key in task.needs:
            bare = next(t for t in self._tasks_of_need(task) if t.key == key)
            needs[key] = _stand_in(prepare(bare, settings, {}), settings.level_of_theory)
        draft = self.folder / "tmp" / task.file_name
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        found = InputsEngine().run(prepare(task, settings, needs), settings, draft)
        if found.failure != "waiting":
            raise LoopError(f"no inputs of {task.key}: {found.reason}")
        place.parent.mkdir(exist_ok=True)
        draft.rename(place)

    def _tasks_of_need(self, task: Task) -> list[Task]:
        asked = Asked(task.inputs.site or "", task.inputs.alkali or "", "")
        return self._tasks(asked)

    def _import(self, asked: Sequence[Asked]) -> "Returned":
        """Read every finished calculation through the importer."""
        from sacml.data.importers.calculations import import_calculations
        from sacml.data.importers.calculations_entry import Entry
        from sacml.data.importers.calculations_readers import read_entries

        given_up = {
            key_of(path.parent.name): path.read_text(encoding="utf-8").strip() or "given up"
            for path in self.handed.glob(f"*/{GIVEN_UP}")
        }
        try:
            found = list(read_entries(self.handed))
        except SacmlError:  # nothing has come back yet
            return Returned({}, {}, given_up, frozenset(), "", None)
        entries = [e.entry_id for e in found if isinstance(e, Entry)]
        if not entries:
            return Returned({}, {}, given_up, frozenset(), "", None)
        mapping = self.folder / "handed.csv"
        rows = _mapping(entries)
        write_atomic(mapping, rows.encode(), self.folder / "tmp")
        back = import_calculations(
            self.handed, mapping=mapping, level_of_theory=self.config.level_of_theory,
            adsorbates=self.config.alkali,
        )  # fmt: skip
        records: dict[str, Record] = {}
        for record in sorted(back.dataset, key=lambda r: -r.value):  # the lowest stays
            if record.reference == "atom":
                records[_task_of(record.row_id)] = record
        left: dict[str, str] = {}
        for x in back.left:
            left.setdefault(_task_of(x.entry_id), x.reason)
        read = frozenset(_task_of(e) for e in entries)
        came = Returned(records, left, given_up, read, back.dataset.digest, None)
        first = next((r for a in asked if (r := came.lowest(a))), None)
        return replace(came, level=None if first is None else first.level_of_theory)

    def _answer(self, asked: Asked, back: "Returned") -> Answer | list[str]:
        """Return the answer, or what is missing for it."""
        missing, failed = [], []
        for task in self._tasks(asked):
            if task.key in back.given_up:
                failed.append(f"{task.key}: {back.given_up[task.key]}")
            elif task.key not in back.read:
                missing.append(f"{task.file_name}: {back.left.get(task.key, 'no result yet')}")
            elif task.kind == "adsorption" and task.key not in back.records:
                missing.append(f"{task.file_name}: {back.left.get(task.key, 'no energy')}")
        hopeless = [f for f in failed if not f.startswith("ads/")]
        if missing and not hopeless:
            return missing
        record = back.lowest(asked)
        if record is None or hopeless:
            return Answer(*asked.pair, None, "; ".join(failed))
        if record.level_of_theory != back.level:
            reason = f"{record.value:g} eV at another level of theory than the loop's, which is "
            return Answer(*asked.pair, None, f"{reason}{back.level}: {record.level_of_theory}")
        return Answer(*asked.pair, record.value, "", record.record_id)


@dataclass(frozen=True)
class Returned:
    """What has come back.

    Attributes
    ----------
    records
        Key of a start -> its binding energy against the atom.
    left, given_up
        Key of a task -> why its result cannot be used, or will not come.
    read
        Keys of the tasks of which a calculation was read.
    digest, level
        Of all that was read; level of theory of the first label.
    """

    records: "dict[str, Record]"
    left: dict[str, str]
    given_up: dict[str, str]
    read: frozenset[str]
    digest: str
    level: str | None

    def lowest(self, asked: Asked) -> "Record | None":
        """Return the lowest of the starts of a label."""
        begin = f"ads/{asked.site}/{asked.alkali}/"
        mine = [r for key, r in self.records.items() if key.startswith(begin)]
        if not mine:
            return None
        best = min(mine, key=lambda r: r.value)
        facts = tuple((k, v) for k, v in best.facts if k != "lowest_of_starts")
        return replace(best, facts=(*facts, ("lowest_of_starts", "True")))


def _task_of(entry_id: str) -> str:
    """Key of the task in whose folder an entry lies."""
    return key_of(entry_id.split("/", 1)[0])


def _mapping(entries: Sequence[str]) -> str:
    """Say of every entry what it is; its folder tells."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("entry", "role", "site", "bare"))
    for entry in entries:
        kind, _, rest = _task_of(entry).partition("/")
        if kind == "site":
            writer.writerow((entry, "site", rest.partition("/m")[0], ""))
        elif kind == "ads":
            writer.writerow((entry, "adsorbed", "", _bare(entry, entries)))
        elif kind == "atom":
            writer.writerow((entry, "atom", "", ""))
    return out.getvalue()


def _bare(entry: str, entries: Sequence[str]) -> str:
    """Bare site of a start where one entry alone can be it; else the importer looks for it."""
    _, site, _, start = _task_of(entry).split("/", 3)
    moment = start.partition("/")[2]
    key = f"site/{site}" + (f"/{moment}" if moment else "")
    there = [e for e in entries if _task_of(e) == key]
    return there[0] if len(there) == 1 else ""


def _stand_in(bare: Task, level: str) -> TaskResult:
    """Return a bare site as it is built, in place of a result."""
    atoms = bare.atoms()
    atoms.set_array(MOMENTS, atoms.get_initial_magnetic_moments())
    return TaskResult(
        key=bare.key, kind=bare.kind, status="ok", settings_digest=bare.settings_digest,
        level_of_theory=level, energy_eV=0.0, geometry=to_extxyz(atoms),
    )  # fmt: skip
