"""The closed loop: propose, label, take in, fit, judge, propose again."""

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sacml.labels.engines import Engine
from sacml.workflows.loop.ask import choose
from sacml.workflows.loop.config import LoopConfig
from sacml.workflows.loop.handout import HandOutBench
from sacml.workflows.loop.labels import Bench, CampaignBench
from sacml.workflows.loop.model import fit, foretell, teaching
from sacml.workflows.loop.report import write_report
from sacml.workflows.loop.state import Asked, LoopError, LoopFolder, Round
from sacml.workflows.loop.tables import Row, label_rows, round_rows, seen
from sacml.workflows.loop.tracking import LoopRun, NoRun, tracked
from sacml.workflows.train import store_uri

if TYPE_CHECKING:
    from sacml.data import Dataset
    from sacml.labels.status import CampaignStatus

Say = Callable[[str], None]

HOPELESS = 3
"""Candidates in a row without a label after which a loop stops: its engine may be to blame."""


@dataclass(frozen=True)
class LoopResult:
    """How far a loop is.

    Attributes
    ----------
    ended
        Why it ended: ``budget`` (all labels are asked and answered), ``space`` (nothing is left
        to ask), or ``waiting`` (it was stopped, or labels are missing; `message` says which).
    labels, course
        Rows of ``loop.csv`` and ``rounds.csv``.
    files
        What was written for people.
    warning
        That the labels are for practice; empty for DFT.
    """

    folder: Path
    ended: str
    message: str
    labels: tuple[Row, ...]
    course: tuple[Row, ...]
    files: tuple[Path, ...]
    warning: str = ""


def run_loop(
    config: LoopConfig | str | Path,
    out: str | Path,
    *,
    workers: int = 1,
    executor: Executor | None = None,
    engine: Engine | None = None,
    time_limit_s: float | None = None,
    track: bool = True,
    tracking_uri: str | None = None,
    say: Say = lambda _: None,
    on_status: "Callable[[CampaignStatus], None] | None" = None,
) -> LoopResult:
    """Begin a loop or go on with it.

    What is next follows from the files in `out`, each of which is whole or not there: a loop that
    was killed goes on where it stopped, labels nothing twice, and a prediction that was stored
    before a label is never made anew.

    Parameters
    ----------
    config
        Settings, or the path of a TOML file.
    out
        Folder of the loop.
    workers
        Calculations at once.
    executor
        Where calculations and the folds of the evaluation run, e.g. a Dask cluster; by default
        threads of this process, each of which waits for an engine's own process.
    engine
        Instead of the one that the settings name.
    time_limit_s
        Seconds after which no further calculation is begun.
    tracking_uri
        MLflow store; a sqlite file beside `out` by default.
    say
        Called with one line per step.
    on_status
        Called every few seconds while labels are computed.

    Raises
    ------
    LoopError
        If the folder was begun with other settings, another process runs this loop, the space is
        too large, or the engine gives no label.
    MissingProgramError
        If the engine's program is missing; nothing was asked then.
    """
    settings = config if isinstance(config, LoopConfig) else LoopConfig.load(config)
    path = Path(out)
    bench: CampaignBench | HandOutBench
    if settings.is_handed_out:
        bench = HandOutBench(path, settings)
    else:
        until = None if time_limit_s is None else time.monotonic() + time_limit_s
        bench = CampaignBench(path, settings, engine, workers, executor, until, on_status)
    bench.check()
    warning = _warning(settings)
    if warning:
        say(f"warning: {warning}")
    folder = LoopFolder(path, settings)
    uri = store_uri(path, tracking_uri) if track else None
    with folder.locked(), tracked(uri, settings, folder.id, path, say) as run:
        return _Loop(settings, folder, bench, executor, run, say, warning).go()


class _Loop:
    """One run over a loop's folder."""

    def __init__(
        self,
        config: LoopConfig,
        folder: LoopFolder,
        bench: Bench,
        executor: Executor | None,
        run: "LoopRun | NoRun",
        say: Say,
        warning: str,
    ) -> None:
        self.config, self.folder, self.bench, self.executor = config, folder, bench, executor
        self.run, self.say, self.warning = run, say, warning
        self.reported = 0
        self.files: tuple[Path, ...] = ()
        hand = teaching(config, None)
        self.at_hand = [] if hand is None else [(r.alkali, r.value) for r in hand if r.is_sac]

    def go(self) -> LoopResult:
        """Do what is next until the budget is spent or labels have to be waited for."""
        while True:
            rounds = self.folder.rounds()
            last = rounds[-1]
            if last.is_open:
                outcome = self.bench.work(last.asked, _asked(rounds))
                if outcome.answers is None:
                    return self._report("waiting", outcome.waiting)
                self.folder.close(last.number, list(outcome.answers))
                for answer in outcome.answers:
                    got = f"{answer.label:.2f} eV" if answer.label is not None else "no label"
                    why = f" ({answer.reason})" if answer.reason else ""
                    self.say(f"  {answer.site} with {answer.alkali}: {got}{why}")
                if outcome.waiting:
                    return self._report("waiting", outcome.waiting)
                continue
            if last.model is None:
                self._fit(rounds)
                self._report("", "")
                continue
            self._check_hope(rounds)
            left = self.config.budget - len(_asked(rounds))
            if left <= 0:
                return self._report("budget", "the budget is spent")
            if not self._ask(rounds, last, min(left, self.config.batch)):
                return self._report("space", "the space holds nothing more that can be asked")

    def _fit(self, rounds: tuple[Round, ...]) -> None:
        number = len(rounds) - 1
        dataset = self._teaching(rounds)
        place = self.folder.of(number)
        if dataset is None:
            figures: dict[str, object] = {"n_labels": 0}
        else:
            self.say(f"round {number}: {len(dataset)} labels teach and judge the models")
            figures = fit(self.config, dataset, place, self.executor)
        self.folder.set_model(number, figures)
        self.say(str(figures.get("sentence", f"round {number}: {figures['n_labels']} labels teach "
                                             "no model that could be judged")))  # fmt: skip

    def _ask(self, rounds: tuple[Round, ...], last: Round, n: int) -> bool:
        """Choose the next round; False where nothing is left."""
        number = len(rounds)
        turn = len(_asked(rounds))
        before = {a.pair for a in _asked(rounds)}
        before |= {_pair(c) for r in rounds for c, _ in r.passed_over}
        chosen, passed_over = choose(self.config, self._teaching(rounds), n, before, turn)
        if not chosen:
            return False
        assert last.model is not None
        asked = foretell(self.config, self.folder.of(number - 1), last.model, chosen)
        self.folder.ask(number, asked, passed_over)
        self.say(f"round {number}: {len(asked)} candidates asked")
        for one in asked:
            said = "" if one.value is None else (
                f" The judged model ({one.model}) predicts {one.value:.2f} eV "
                f"[{one.lower:.2f}, {one.upper:.2f}].")  # fmt: skip
            self.say(f"  {one.site} with {one.alkali}: {one.reason}{said}")
        return True

    def _teaching(self, rounds: tuple[Round, ...]) -> "Dataset | None":
        return teaching(self.config, self.bench.own(_asked(rounds)))

    def _check_hope(self, rounds: tuple[Round, ...]) -> None:
        ended = [s.answer for s in seen(rounds)][-HOPELESS:]
        if len(ended) == HOPELESS and all(a.label is None for a in ended):
            why = "".join(f"\n  {a.site} with {a.alkali}: {a.reason}" for a in ended)
            if len(_asked(rounds)) < self.config.budget:
                raise LoopError(
                    f"the last {HOPELESS} candidates gave no label:{why}\n  mend the engine or its "
                    "settings and begin a new loop, so that the budget is not spent on failures"
                )

    def _report(self, ended: str, message: str) -> LoopResult:
        rounds = self.folder.rounds()
        done = tuple(r for r in rounds if not r.is_open and r.model is not None)
        if len(done) > self.reported:  # nothing else changes between two rounds
            self.files = write_report(
                self.folder.path, self.config, done, self.at_hand, self.warning
            )
            self.run.log(round_rows(done, self.config, self.at_hand), self.files)
            self.reported = len(done)
        return LoopResult(
            self.folder.path, ended, message, tuple(label_rows(done, self.config)),
            tuple(round_rows(done, self.config, self.at_hand)), self.files, self.warning,
        )  # fmt: skip


def _asked(rounds: tuple[Round, ...]) -> list[Asked]:
    return [a for r in rounds for a in r.asked]


def _pair(candidate: str) -> tuple[str, str]:
    site, alkali = candidate.split(";")[:2]
    return site, alkali


def _warning(config: LoopConfig) -> str:
    if not config.settings.uses_ase:
        return ""
    from sacml.data.cheap_engines import practice_warning

    return practice_warning(config.settings.level_of_theory)
