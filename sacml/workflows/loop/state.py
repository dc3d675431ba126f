"""What a loop has asked and learnt, on disk: a folder per round, each file whole or not there.

::

    loop.json               what the loop was begun with; other settings are refused
    config.toml             the same for people, with what may change
    round-00/model.json     figures of the model that asks round 1; round-00/model/ holds it
    round-01/asked.json     candidates of round 1 and what the model of round 0 said of them
    round-01/done.json      their labels, or why there is none
    round-01/model.json     figures of the model that asks round 2
    ...

What is next follows from which files are there, so that a killed loop leaves nothing to mend.
"""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sacml.domain import Candidate
from sacml.errors import SacmlError
from sacml.labels.locks import LockFolder
from sacml.labels.queue_files import write_atomic
from sacml.workflows.loop.config import LoopConfig

SCHEMA = "sacml.loop/1"


class LoopError(SacmlError):
    """A loop cannot go on; what is stored stays."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A candidate that was asked for, and what was said of it before its label.

    Two models speak: the asking one, which chooses, and the judged one, which is the best on
    held-out metals and whose error is reported. Energies in eV. What was not said is None: without
    a model, because too few labels were at hand, all but `site`, `alkali` and `reason`.

    Attributes
    ----------
    value, lower, upper, in_domain, model, model_version
        Prediction of the judged model, frozen, with its interval; an end may be infinite.
    constant, alkali_mean
        Predictions of the baselines, taught by the same labels.
    reason
        Why it was chosen, in words.
    asking_model, asking_value, asking_spread
        Model that chose, what it expected of the label, and its standard deviation.
    """

    site: str
    alkali: str
    reason: str
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    in_domain: bool | None = None
    model: str | None = None
    model_version: str | None = None
    constant: float | None = None
    alkali_mean: float | None = None
    asking_model: str | None = None
    asking_value: float | None = None
    asking_spread: float | None = None

    @property
    def pair(self) -> tuple[str, str]:
        """Site and alkali metal."""
        return self.site, self.alkali

    @property
    def candidate(self) -> Candidate:
        """The candidate."""
        return Candidate.parse(f"{self.site};{self.alkali}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a candidate: a label in eV against the isolated atom, or why there is none.

    A label with a `reason` is kept out of fits for it.
    """

    site: str
    alkali: str
    label: float | None
    reason: str = ""
    record_id: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """Site and alkali metal."""
        return self.site, self.alkali


@dataclass(frozen=True)
class Round:
    """One round as far as it is stored; round 0 asks nothing.

    Attributes
    ----------
    asked, passed_over
        Candidates, and ``(candidate, reason)`` of those that could not be built.
    answers
        None while labels are missing.
    model
        Figures of the model that was fitted after it; None while it is missing.
    """

    number: int
    asked: tuple[Asked, ...] = ()
    passed_over: tuple[tuple[str, str], ...] = ()
    answers: tuple[Answer, ...] | None = None
    model: dict[str, Any] | None = None

    @property
    def is_open(self) -> bool:
        """Whether labels are missing."""
        return bool(self.asked) and self.answers is None


class LoopFolder:
    """The folder of a loop.

    Raises
    ------
    LoopError
        If it was begun with other settings (each is named), by another layout, or was altered.
    """

    def __init__(self, folder: str | Path, config: LoopConfig) -> None:
        self.path = Path(folder)
        self.path.mkdir(parents=True, exist_ok=True)
        mine = json.loads(json.dumps(config.identity()))
        stored = self._read(self.path / "loop.json")
        if stored is None:
            self.id = uuid.uuid4().hex
            self._write(self.path / "loop.json", {"id": self.id, "settings": mine})
        else:
            self.id = stored["id"]
            _check_same(self.path, stored["settings"], mine)
        config.write(self.path / "config.toml")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from running the same loop."""
        with LockFolder(self.path / "locks") as locks:
            if locks.acquire("loop") is None:
                owner = locks.holders().get("loop")
                who = f"process {owner.pid} on {owner.machine}" if owner else "another process"
                raise LoopError(f"{who} runs the loop in {str(self.path)!r}; wait for it to end")
            yield

    def rounds(self) -> tuple[Round, ...]:
        """Return the rounds so far, round 0 first."""
        found = [Round(0, model=self._read(self.of(0) / "model.json"))]
        while (asked := self._read(self.of(len(found)) / "asked.json")) is not None:
            folder = self.of(len(found))
            done = self._read(folder / "done.json")
            found.append(Round(
                len(found),
                tuple(Asked(**_numbers(a)) for a in asked["asked"]),
                tuple((c, why) for c, why in asked["passed_over"]),
                None if done is None else tuple(Answer(**a) for a in done["answers"]),
                self._read(folder / "model.json"),
            ))  # fmt: skip
        return tuple(found)

    def ask(self, number: int, asked: list[Asked], passed_over: list[tuple[str, str]]) -> None:
        """Store what a round asks; from here on it is not chosen anew."""
        rows = [{k: _text(v) for k, v in asdict(a).items()} for a in asked]
        self._write(self.of(number) / "asked.json", {"asked": rows, "passed_over": passed_over})

    def close(self, number: int, answers: list[Answer]) -> None:
        """Store what came of a round."""
        self._write(self.of(number) / "done.json", {"answers": [asdict(a) for a in answers]})

    def set_model(self, number: int, figures: dict[str, Any]) -> None:
        """Store the figures of the model after a round, once the model itself is stored."""
        self._write(self.of(number) / "model.json", figures)

    def of(self, number: int) -> Path:
        """Folder of a round."""
        return self.path / f"round-{number:02d}"

    def _write(self, path: Path, content: dict[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"schema": SCHEMA, **content}, indent=1, allow_nan=False)
        write_atomic(path, f"{text}\n".encode(), self.path / "tmp")

    def _read(self, path: Path) -> dict[str, Any] | None:
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            schema = content.pop("schema")
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, AttributeError) as error:
            raise LoopError(
                f"{path}: not a file of a loop ({error}); put back the file that was there, or "
                "begin the loop in another folder"
            ) from None
        if schema != SCHEMA:
            raise LoopError(
                f"{path}: written in the layout {schema!r}, this version reads {SCHEMA!r}; take "
                "the loop up with the version of sacml that began it"
            )
        return content


def _check_same(folder: Path, then: dict[str, Any], now: dict[str, Any]) -> None:
    flat, given = _flat(then), _flat(now)
    differ = [n for n in sorted(flat.keys() | given.keys()) if flat.get(n) != given.get(n)]
    if differ:
        lines = [f"  {n}: the loop has {flat.get(n)!r}, given was {given.get(n)!r}" for n in differ]
        raise LoopError(
            f"the settings differ from those of the loop in {str(folder)!r}:\n" + "\n".join(lines)
            + "\n  use the loop's settings, or another folder with --out; the budget may change"
        )  # fmt: skip


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """Settings of the protocol by a name of their own, so that a difference is told in a line."""
    rest = {k: v for k, v in values.items() if k != "protocol"}
    return rest | {f"protocol.{k}": v for k, v in values["protocol"].items()}


def _text(value: Any) -> Any:
    """Infinite ends as text: JSON has no number for them."""
    return str(value) if isinstance(value, float) and value in (float("inf"), -float("inf")) else (
        value
    )  # fmt: skip


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    return {k: float(v) if v in ("inf", "-inf") else v for k, v in row.items()}
