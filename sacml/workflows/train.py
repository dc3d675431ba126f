"""Train, judge, choose, store, track and report: one study from the bundled records."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sacml.errors import SacmlError
from sacml.workflows.config import StudyConfig
from sacml.workflows.results import StudyResult

if TYPE_CHECKING:
    from sacml.data import Dataset
    from sacml.design import Proposals
    from sacml.evaluation import Evaluation, FoldDone
    from sacml.models import Surrogate

    OnFold = Callable[[FoldDone], None]

Progress = Callable[[str], None]


def train(
    config: StudyConfig | str | Path | None = None,
    *,
    folder: str | Path = "runs/study",
    tracking_uri: str | None = None,
    track: bool = True,
    report: bool = True,
    say: Progress = lambda _: None,
    on_fold: "OnFold | None" = None,
) -> StudyResult:
    """Run a study.

    For each target the models of the configuration are compared on the same grouped folds, the one
    that wins is fitted on every record and stored below ``folder/models``, and everything is
    logged to MLflow and written as an HTML report. Nothing already computed is lost when a later
    step fails: each target's tables are written as soon as they are there.

    Parameters
    ----------
    config
        A `StudyConfig`, the path of a TOML file, or None for the defaults.
    folder
        Where results go.
    tracking_uri
        MLflow store; a sqlite file beside `folder` by default.
    say
        Called with one line per step.
    on_fold
        Called after every fold of every model, see `sacml.workflows.progress`.
    """
    from sacml.models import store

    settings = config if isinstance(config, StudyConfig) else _read(config)
    if track and tracking_uri is not None:
        from sacml.tracking import check_uri

        check_uri(tracking_uri)  # before hours of work, not after
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    settings.write(out / "config.toml")
    datasets: dict[str, Dataset] = {}
    evaluations: dict[str, Evaluation] = {}
    surrogates: dict[str, Surrogate] = {}
    choices: dict[str, str] = {}
    for name in settings.targets:
        dataset, evaluation = compare(settings, name, say, on_fold)
        _write_tables(evaluation, out / "tables" / name)
        surrogate, sentence = choose_and_fit(settings, name, dataset, evaluation)
        say(sentence)
        store.save(surrogate, out / "models" / name)
        datasets[name], evaluations[name] = dataset, evaluation
        surrogates[name], choices[name] = surrogate, sentence
    result = StudyResult(
        name=settings.name,
        config=settings.model_dump(mode="json"),
        datasets=datasets,
        evaluations=evaluations,
        surrogates=surrogates,
        choices=choices,
        proposals=_proposals(settings, surrogates, out, say),
        folder=out,
    )
    if report:
        from sacml.reports import write_report

        say(f"report: {write_report(out, result)}")
    if track:
        from sacml.tracking import default_uri, log_study

        uri = tracking_uri or default_uri(out.parent)
        log_study(result, uri)
        say(f"tracked in {uri}")
    return result


def compare(
    config: StudyConfig,
    name: str,
    say: Progress = lambda _: None,
    on_fold: "OnFold | None" = None,
) -> "tuple[Dataset, Evaluation]":
    """Evaluate every model of the configuration on the records of one target."""
    from sacml.data import training_records
    from sacml.evaluation import evaluate

    dataset = training_records(name)
    say(f"{name}: {len(dataset)} records, {len(config.models)} models")
    evaluation = evaluate(
        dataset,
        name,
        models=config.models,
        splits=config.splits,
        trained_on=config.trained_on,
        level=config.level,
        min_sac_groups=config.min_sac_groups,
        seed=config.seed,
        on_fold=on_fold,
    )
    return dataset, evaluation


def choose_and_fit(
    config: StudyConfig, name: str, dataset: "Dataset", evaluation: "Evaluation"
) -> "tuple[Surrogate, str]":
    """Choose by the release rule and fit the winner on every record."""
    from sacml.evaluation import choose
    from sacml.models import fit_surrogate

    choice = choose(evaluation)
    surrogate = fit_surrogate(
        dataset,
        name,
        choice.model,
        trained_on=choice.trained_on,
        seed=config.seed,
        evaluation=evaluation,
    )
    return surrogate, choice.sentence


def release(
    folder: str | Path, config: StudyConfig | str | Path | None = None, say: Progress = print
) -> StudyResult:
    """Rebuild the released models from `datasets/` into `folder` (``models/`` of a checkout)."""
    import shutil
    import tempfile

    target_folder = Path(folder)
    with tempfile.TemporaryDirectory() as scratch:
        result = train(config, folder=scratch, track=False, report=False, say=say)
        for name in result.surrogates:
            # replace one model at a time, so that an interruption leaves whole models
            destination = target_folder / name
            if destination.exists():
                shutil.rmtree(destination)
            shutil.copytree(Path(scratch) / "models" / name, destination)
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
    from sacml.domain import PRIMARY
    from sacml.workflows.propose import propose

    found: dict[str, Proposals] = {}
    if not config.proposals:
        return found
    missing = [t for t in PRIMARY if t not in surrogates]
    if missing:
        raise SacmlError(
            f"proposals need all targets, but {', '.join(missing)} not among `targets`; "
            "add them or leave `proposals` out"
        )
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
