"""Evaluate at full depth: every split, nested selection, statistics, curves and verdicts."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sacml.errors import unknown
from sacml.workflows.evaluate_config import EvaluationConfig
from sacml.workflows.evaluate_jobs import JobDone, Store, run_jobs
from sacml.workflows.evaluate_state import State, labelled
from sacml.workflows.evaluate_tables import PARTS

OnJob = Callable[[JobDone], None]


@dataclass(frozen=True, eq=False)
class Evaluated:
    """What an evaluation at full depth found.

    Attributes
    ----------
    config
        The resolved settings.
    tables
        Name -> table, all targets together.
    sentences
        Target -> what the release rule picks, in words.
    files
        What was written.
    """

    config: EvaluationConfig
    tables: Mapping[str, pd.DataFrame]
    sentences: Mapping[str, str]
    files: tuple[Path, ...]


def evaluate(
    config: EvaluationConfig | str | Path | None = None,
    *,
    folder: str | Path = "runs/evaluation",
    parts: Sequence[str] = tuple(PARTS),
    figures: bool = True,
    executor: Executor | None = None,
    say: Callable[[str], None] = lambda _: None,
    on_job: OnJob | None = None,
) -> Evaluated:
    """Run the parts asked for, and what they need.

    A model under a split is one job. It is stored below ``folder/jobs`` as soon as it is done, and
    found again if records, code, library versions and settings are the same, so that an
    interrupted evaluation goes on where it stopped.

    Parameters
    ----------
    config
        An `EvaluationConfig`, the path of a TOML file, or None for the default depth: simple
        models, a few minutes on one core.
    folder
        Where ``tables/*.csv``, ``figures/*.png`` and ``summary.md`` go.
    parts
        Names of `PARTS`.
    executor
        Where the jobs run; None: here.
    say
        Called with one line per step.
    on_job
        Called after every job.

    Raises
    ------
    SacmlError
        If a part, a setting or a name is unknown, or nothing can be split.
    """
    settings = config
    if not isinstance(settings, EvaluationConfig):
        settings = EvaluationConfig() if settings is None else EvaluationConfig.read(settings)
    for part in parts:
        if part not in PARTS:
            raise unknown("part", part, tuple(PARTS))
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    settings.write(out / "config.toml")
    found: dict[str, list[pd.DataFrame]] = {}
    sentences: dict[str, str] = {}
    made: dict[str, str] = {}
    for target in settings.targets:
        state = _computed(settings, target, parts, out / "jobs", executor, say, on_job)
        sentences[target], made[f"{target}, how"] = state.choice.sentence, _how(state)
        say(state.choice.sentence)
        for part in (p for p in PARTS if p in parts):
            for name, table in PARTS[part].make(state).items():
                found.setdefault(name, []).append(labelled(target, [table]))
        tables = {name: pd.concat([t for t in many if len(t)] or many[:1], ignore_index=True)
                  for name, many in found.items()}  # fmt: skip
        # the tables of the first targets are there while those of the last are computed
        files = _write(
            out, settings, tables, sentences | made, figures and target == settings.targets[-1]
        )
    for path in files:
        say(f"wrote {path}")
    return Evaluated(settings, tables, sentences, files)


def _how(state: State) -> str:
    """Say in words on what and how a target was judged."""
    s, once = state.settings, [m for m in state.models if m in state.settings.once]
    blocks = "every outer fold" if s.outer_blocks is None else f"{s.outer_blocks} blocks of groups"
    text = (
        f"How {state.target} was judged: {len(state.described)} records (sha256 "
        f"{state.dataset.digest[:12]}), {len(state.models)} models; the selection of the release "
        f"rule is made anew for {blocks}, on {s.inner_folds} inner folds of the rows outside; "
        f"seeds {', '.join(map(str, (s.seed, *s.seeds)))}."
    )
    if once:
        text += f" Under the deciding split and the first seed alone: {', '.join(once)}."
    left = [m for m in s.models if m not in state.models]
    if left:
        text += f" Not asked for this target: {', '.join(left)}."
    return text


def _computed(
    settings: EvaluationConfig, target: str, parts: Sequence[str], folder: Path,
    executor: Executor | None, say: Callable[[str], None], on_job: OnJob | None,
) -> State:  # fmt: skip
    from sacml.data import training_records
    from sacml.models.described import Described

    dataset = training_records(target)
    state = State(settings, dataset, Described.of(tuple(dataset.records), target))
    say(f"{target}: {len(state.described)} records, {len(state.models)} models")
    store = Store(folder, {target: dataset.digest})
    described = {target: state.described}
    needed = {need for part in parts for need in PARTS[part].needs}
    for stage in (["scores"], [p for p in ("seeds", "nested", "learning", "scramble")
                               if p in needed]):  # fmt: skip
        jobs = [(part, job) for part in stage for job in state.jobs(part)]
        names = {job.name: part for part, job in jobs}
        # the list is made before a job of the stage is added: `jobs` looks at what is done
        for job, table in run_jobs([j for _, j in jobs], described, store, executor, on_job):
            state.add(names[job.name], job, table)
    return state


def _write(
    out: Path, settings: EvaluationConfig, tables: Mapping[str, pd.DataFrame],
    sentences: Mapping[str, str], figures: bool,
) -> tuple[Path, ...]:  # fmt: skip
    from sacml.reports.evaluation_summary import summary

    files = []
    (out / "tables").mkdir(exist_ok=True)
    for name, table in tables.items():
        path = out / "tables" / f"{name}.csv"
        table.to_csv(path, index=False, float_format="%.6g")
        files.append(path)
    drawn: tuple[Path, ...] = ()
    if figures:
        from sacml.reports.evaluation_figures import write_figures

        drawn = write_figures(out / "figures", tables)
    path = out / "summary.md"
    title = f"{settings.name}: seed {settings.seed}, level {settings.level:g}"
    path.write_text(summary(title, tables, sentences, drawn), encoding="utf-8")
    return (*files, *drawn, path)
