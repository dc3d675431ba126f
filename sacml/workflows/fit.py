"""Compare the models of a study on one target, and fit what wins each role."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sacml.workflows.config import StudyConfig
from sacml.workflows.prediction_rows import ENERGIES
from sacml.workflows.roles import REFINE, ROLES, SCREEN, with_roles

if TYPE_CHECKING:
    from sacml.data import Dataset
    from sacml.evaluation import Evaluation, FoldDone
    from sacml.models import Surrogate

    OnFold = Callable[[FoldDone], None]

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
) -> "tuple[Dataset, Evaluation]":
    """Evaluate every model of the configuration on the records of one target."""
    dataset = records_of(config, name)
    say(f"{name}: {len(dataset)} records, {len(config.compared)} models")
    if any(r.fidelity == "practice" for r in dataset):
        from sacml.data.cheap_engines import practice_warning

        say(f"warning: {practice_warning(dataset.records[0].level_of_theory or '')}")
    return dataset, evaluate_models(config, dataset, name, config.compared, on_fold)


def evaluate_models(
    config: StudyConfig,
    dataset: "Dataset",
    name: str,
    models: Sequence[str],
    on_fold: "OnFold | None" = None,
    *,
    domain: bool = True,
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
        domain=domain,
    )


def fit_roles(
    config: StudyConfig, dataset: "Dataset", evaluation: "Evaluation"
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
        return {SCREEN: with_roles(_fit(config, dataset, mine), SCREEN)}
    screen, refine = mine.best(), evaluation.best()
    if (screen.model, screen.trained_on) == (refine.model, refine.trained_on):
        return {SCREEN: with_roles(_fit(config, dataset, evaluation), *ROLES)}
    return {
        SCREEN: with_roles(_fit(config, dataset, mine), SCREEN),
        REFINE: with_roles(_fit(config, dataset, evaluation), REFINE),
    }


def only(evaluation: "Evaluation", models: Sequence[str]) -> "Evaluation":
    """Keep some models of an evaluation."""
    return replace(
        evaluation,
        predictions=evaluation.predictions[evaluation.predictions["model"].isin(models)],
        scores=evaluation.scores[evaluation.scores["model"].isin(models)],
    )


def _fit(config: StudyConfig, dataset: "Dataset", evaluation: "Evaluation") -> "Surrogate":
    """Choose by the release rule, fit the winner on every record, and judge its flag."""
    from sacml.models import fit_surrogate
    from sacml.uncertainty.verdict import judge_flag

    choice = evaluation.best()
    surrogate = fit_surrogate(
        dataset,
        evaluation.target,
        choice.model,
        trained_on=choice.trained_on,
        seed=config.seed,
        evaluation=evaluation,
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
