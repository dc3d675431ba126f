"""Train, judge, choose, store, track and report: one study of bundled or own records."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sacml.domain import PRIMARY
from sacml.errors import SacmlError
from sacml.workflows.config import StudyConfig
from sacml.workflows.fit import compare, fit_roles, records_of
from sacml.workflows.readings import second_reading
from sacml.workflows.results import StudyResult
from sacml.workflows.roles import FACT as ROLES_FACT
from sacml.workflows.roles import REFINE, SCREEN

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sacml.data import Dataset
    from sacml.design import Proposals
    from sacml.evaluation import Evaluation, FoldDone
    from sacml.models import Surrogate
    from sacml.tracking import Silent, StudyTracker

    OnFold = Callable[[FoldDone], None]

Progress = Callable[[str], None]
DATA_CARD = "DATA_CARD.md"


def train(
    config: StudyConfig | str | Path | None = None,
    *,
    folder: str | Path = "runs/study",
    tracking_uri: str | None = None,
    track: bool = True,
    report: bool = True,
    say: Progress = lambda _: None,
    on_fold: "OnFold | None" = None,
    executor: "Executor | None" = None,
) -> StudyResult:
    """Run a study.

    For each target the models of the configuration are compared on the same grouped folds, the one
    that wins is fitted on every record and stored below ``folder/models``, and an HTML report is
    written. Folds, figures and models are logged to MLflow as they come. Nothing already computed
    is lost when a later step fails: each target's tables are written as soon as they are there.

    Parameters
    ----------
    config
        A `StudyConfig`, the path of a TOML file, or None for the defaults.
    folder
        Where results go.
    tracking_uri
        MLflow store; a sqlite file beside `folder` by default. If it goes away in mid-run, the
        rest is kept in ``folder/offline``.
    say
        Called with one line per step.
    on_fold
        Called after every fold of every model, see `sacml.workflows.progress`.
    executor
        Where folds are fitted, see `sacml.executors`; the figures are those of one process.
    """
    settings = resolve(config if isinstance(config, StudyConfig) else _read(config))
    out = Path(folder)
    uri = store_uri(out, tracking_uri) if track else None  # before hours of work, not after
    out.mkdir(parents=True, exist_ok=True)
    settings.write(out / "config.toml")
    with _tracker(settings, out, uri, say) as tracker:
        result = _run(settings, out, tracker, say, on_fold, executor)
        if report:
            from sacml.reports import write_report

            say(f"report: {write_report(out, result)}")
        tracker.log_files(out)
    if uri is not None:
        say(f"tracked in {uri}")
    return result


def store_uri(out: Path, given: str | None) -> str:
    """Return the store that a study in a folder is tracked in, checked if it was given."""
    from sacml.tracking import check_uri, default_uri

    if given is not None:
        check_uri(given)
    return given or default_uri(out.parent)


def _tracker(
    settings: StudyConfig, out: Path, uri: str | None, say: Progress
) -> "StudyTracker | Silent":
    from sacml.tracking import Silent, StudyTracker, default_uri

    if uri is None:
        return Silent()
    config = settings.model_dump(mode="json")
    spare = default_uri(out / "offline")
    return StudyTracker(uri, name=settings.name, config=config, spare=spare, say=say)


def _run(
    settings: StudyConfig,
    out: Path,
    tracker: "StudyTracker | Silent",
    say: Progress,
    on_fold: "OnFold | None",
    executor: "Executor | None",
) -> StudyResult:
    from sacml.data.data_card import data_card

    datasets: dict[str, Dataset] = {}
    evaluations: dict[str, Evaluation] = {}
    surrogates: dict[str, Surrogate] = {}
    refined: dict[str, Surrogate] = {}
    choices: dict[str, str] = {}
    for name in settings.targets:
        with tracker.target(name, records_of(settings, name)) as run:
            dataset, evaluation = compare(
                settings, name, say, run.also(on_fold), run.on_epoch, executor
            )
            _write_tables(evaluation, out / "tables" / name)
            found = fit_roles(settings, dataset, evaluation, run.on_epoch)
            if name == "cycle_life":
                both = {"readings": second_reading(settings, dataset, evaluation)}
                found = {r: replace(s, facts={**s.facts, **both}) for r, s in found.items()}
            for surrogate in found.values():
                roles = " and ".join(surrogate.facts[ROLES_FACT])
                say(f"{roles}: {surrogate.facts['evaluation']['sentence']}")
            card = data_card(dataset, bundled=settings.data is None)
            choices[name] = found[SCREEN].facts["evaluation"]["sentence"]
            run.log_evaluation(evaluation, choices[name])
            for stored in _store(found, card, out / "models", name):
                run.log_surrogate(stored, evaluation)
        datasets[name], evaluations[name] = dataset, evaluation
        surrogates[name] = found[SCREEN]
        if settings.refine:
            refined[name] = found.get(REFINE, found[SCREEN])
    return StudyResult(
        name=settings.name,
        config=settings.model_dump(mode="json"),
        datasets=datasets,
        evaluations=evaluations,
        surrogates=surrogates,
        refined=refined,
        choices=choices,
        proposals=_proposals(settings, surrogates, out, say),
        folder=out,
    )


def resolve(config: StudyConfig) -> StudyConfig:
    """Settle what is trained on own labels, by default every target they hold.

    Raises
    ------
    SacmlError
        If they hold none, or proposals are asked for without all targets.
    """
    if config.data is not None and "targets" not in config.model_fields_set:
        config = config.with_options(targets=_held(config.data))
    missing = [t for t in PRIMARY if t not in config.targets]
    if config.proposals and missing:
        raise SacmlError(
            f"proposals need all targets, but {', '.join(missing)} not among `targets`; "
            "add them or leave `proposals` out"
        )
    return config


def _held(path: str) -> tuple[str, ...]:
    from sacml.data import read_labels

    dataset = read_labels(path)
    held = tuple(name for name in PRIMARY if any(r.target == name for r in dataset))
    if not held:
        raise SacmlError(f"{path} holds no value of {', '.join(PRIMARY)}")
    return held


def _store(found: "dict[str, Surrogate]", card: str, root: Path, name: str) -> tuple[Path, ...]:
    """Write each role with its cards; return their folders."""
    from sacml.models import store

    folders = {SCREEN: root / name, REFINE: root / REFINE / name}
    for role, surrogate in found.items():
        store.save(surrogate, folders[role])
        (folders[role] / DATA_CARD).write_text(card, encoding="utf-8")
    return tuple(folders[role] for role in found)


def release(
    folder: str | Path, config: StudyConfig | str | Path | None = None, say: Progress = print
) -> StudyResult:
    """Rebuild the released models from `datasets/` into `folder` (``models/`` of a checkout)."""
    import shutil
    import tempfile

    target_folder = Path(folder)
    with tempfile.TemporaryDirectory() as scratch:
        result = train(config, folder=scratch, track=False, report=False, say=say)
        built = Path(scratch) / "models"
        for name in result.surrogates:
            # replace one model at a time, so that an interruption leaves whole models
            for place in (name, f"{REFINE}/{name}"):
                if (target_folder / place).exists():
                    shutil.rmtree(target_folder / place)
                if (built / place).exists():
                    shutil.copytree(built / place, target_folder / place)
    return result


def _read(config: str | Path | None) -> StudyConfig:
    return StudyConfig() if config is None else StudyConfig.read(config)


def _write_tables(evaluation: "Evaluation", folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    evaluation.scores.to_csv(folder / "scores.csv", index=False, float_format="%.6g")
    evaluation.predictions.to_csv(folder / "predictions.csv", index=False, float_format="%.6g")


def _proposals(
    config: StudyConfig, surrogates: "dict[str, Surrogate]", out: Path, say: Progress
) -> "dict[str, Proposals]":
    from sacml.workflows.propose import propose

    found: dict[str, Proposals] = {}
    for wanted in config.proposals:
        proposals = propose(
            wanted.alkali,
            top=wanted.top,
            exclude=wanted.exclude,
            max_price_usd_per_kg=wanted.max_price_usd_per_kg,
            surrogates=surrogates,
        )
        path = out / "proposals" / f"{wanted.alkali}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        proposals.to_csv(path)
        say(f"proposals for {wanted.alkali}: {path}")
        found[wanted.alkali] = proposals
    return found
