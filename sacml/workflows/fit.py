"""Compare the models of a study on one target, and fit what wins each role."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sacml.workflows.config import StudyConfig
from sacml.workflows.prediction_rows import ENERGIES
from sacml.workflows.roles import REFINE, ROLES, SCREEN, with_roles

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sacml.data import Dataset
    from sacml.evaluation import EpochDone, Evaluation, FoldDone
    from sacml.models import Surrogate
    from sacml.models.epochs import Epoch

    OnFold = Callable[[FoldDone], None]
    OnEpoch = Callable[[EpochDone], None]

Progress = Callable[[str], None]


def records_of(config: StudyConfig, name: str) -> "Dataset":
    """Return the records that a target of the study is trained on."""
    from sacml.data import read_labels, training_records

    own = None if config.data is None else read_labels(config.data)
    return training_records(
        name, own, level_of_theory=config.level_of_theory, reference=config.reference
    )


def compare(
    config: StudyConfig,
    name: str,
    say: Progress = lambda _: None,
    on_fold: "OnFold | None" = None,
    on_epoch: "OnEpoch | None" = None,
    executor: "Executor | None" = None,
) -> "tuple[Dataset, Evaluation]":
    """Evaluate every model of the configuration on the records of one target."""
    dataset = records_of(config, name)
    say(f"{name}: {len(dataset)} records, {len(config.compared)} models")
    if any(r.fidelity == "practice" for r in dataset):
        from sacml.data.cheap_engines import practice_warning

        say(f"warning: {practice_warning(dataset.records[0].level_of_theory or '')}")
    evaluation = evaluate_models(
        config, dataset, name, config.compared, on_fold, on_epoch, executor=executor
    )
    return dataset, evaluation


def evaluate_models(
    config: StudyConfig,
    dataset: "Dataset",
    name: str,
    models: Sequence[str],
    on_fold: "OnFold | None" = None,
    on_epoch: "OnEpoch | None" = None,
    *,
    domain: bool = True,
    executor: "Executor | None" = None,
) -> "Evaluation":
    """Evaluate models by the settings of the configuration; `domain` judges the flag too."""
    from sacml.evaluation import evaluate

    return evaluate(
        dataset,
        name,
        models=models,
        splits=config.splits,
        trained_on=config.trained_on,
        level=config.level,
        min_sac_groups=config.min_sac_groups,
        seed=config.seed,
        on_fold=on_fold,
        on_epoch=on_epoch,
        domain=domain,
        executor=executor,
    )


def fit_roles(
    config: StudyConfig,
    dataset: "Dataset",
    evaluation: "Evaluation",
    on_epoch: "OnEpoch | None" = None,
) -> "dict[str, Surrogate]":
    """Fit what wins each role by the release rule; a model that wins both is fitted once.

    Returns
    -------
    dict
        Role -> surrogate; `refine` is missing where none was asked for, or where the screen
        surrogate serves it too.
    """
    mine = only(evaluation, config.models)
    if not config.refine:
        return {SCREEN: with_roles(_fit(config, dataset, mine, on_epoch), SCREEN)}
    screen, refine = mine.best(), evaluation.best()
    if (screen.model, screen.trained_on) == (refine.model, refine.trained_on):
        return {SCREEN: with_roles(_fit(config, dataset, evaluation, on_epoch), *ROLES)}
    return {
        SCREEN: with_roles(_fit(config, dataset, mine, on_epoch), SCREEN),
        REFINE: with_roles(_fit(config, dataset, evaluation, on_epoch), REFINE),
    }


def only(evaluation: "Evaluation", models: Sequence[str]) -> "Evaluation":
    """Keep some models of an evaluation."""
    return replace(
        evaluation,
        predictions=evaluation.predictions[evaluation.predictions["model"].isin(models)],
        scores=evaluation.scores[evaluation.scores["model"].isin(models)],
    )


def _fit(
    config: StudyConfig,
    dataset: "Dataset",
    evaluation: "Evaluation",
    on_epoch: "OnEpoch | None",
) -> "Surrogate":
    """Choose by the release rule, fit the winner on every record, and judge its flag."""
    from sacml.evaluation import EpochDone
    from sacml.models import fit_surrogate
    from sacml.uncertainty.verdict import judge_flag

    choice = evaluation.best()

    def tell(epoch: "Epoch") -> None:
        if on_epoch is not None:
            on_epoch(EpochDone(evaluation.target, choice.model, choice.trained_on, "", "", epoch))

    surrogate = fit_surrogate(
        dataset,
        evaluation.target,
        choice.model,
        trained_on=choice.trained_on,
        seed=config.seed,
        evaluation=evaluation,
        on_epoch=tell if on_epoch else None,
    )
    p = evaluation.predictions
    p = p[(p["model"] == choice.model) & (p["trained_on"] == choice.trained_on)
          & (p["split"] == choice.split)]  # fmt: skip
    if choice.rows == "sac":
        p = p[p["is_sac"]]
    verdict = judge_flag(p["error"], p["in_domain"], p["group"], config.seed)
    facts: dict[str, Any] = {"flag": {"informative": verdict.informative, "words": verdict.words}}
    if config.data is not None:
        facts["licence"] = "That of the labels it was fitted on, which is their owner's to state."
        if evaluation.target == "binding_energy":
            levels = sorted({r.level_of_theory or "" for r in dataset})
            facts[ENERGIES] = {"level_of_theory": ", ".join(levels), "reference": config.reference}
    return replace(surrogate, facts={**surrogate.facts, **facts})
