"""Cycle life read twice: as printed, and with all but failures as lower bounds."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sacml.workflows.config import StudyConfig
from sacml.workflows.fit import evaluate_models, only

if TYPE_CHECKING:
    from sacml.data import Dataset
    from sacml.evaluation import Evaluation


def second_reading(
    config: StudyConfig, dataset: "Dataset", evaluation: "Evaluation"
) -> dict[str, Any]:
    """Judge the screen models again with every printed life but a failure as a lower bound.

    Returns
    -------
    dict
        n; exact_as_printed and exact_when_censored: lives that count as exact in each reading;
        changed: the conclusions that are not the same in both, in words.
    """
    turned = tuple(replace(r, bound="lower") if r.bound == "reported" else r for r in dataset)
    first = only(evaluation, config.models)
    deciding = config.model_copy(update={"splits": (first.best().split,)})
    again = evaluate_models(
        deciding,
        replace(dataset, records=turned),
        evaluation.target,
        config.models,
        domain=False,
    )
    return {
        "n": len(turned),
        "exact_as_printed": sum(r.bound in ("reported", "failure") for r in dataset),
        "exact_when_censored": sum(r.bound == "failure" for r in turned),
        "changed": changed_conclusions(first, again),
    }


def changed_conclusions(first: "Evaluation", second: "Evaluation") -> list[str]:
    """Name what two readings of the same records conclude differently on the deciding split."""
    a, b = first.best(), second.best()
    said = []
    if (a.model, a.trained_on) != (b.model, b.trained_on):
        said.append(
            f"as printed, {a.model} trained on {a.trained_on} records has the lowest error; with "
            f"all but failures as bounds, {b.model} trained on {b.trained_on} records"
        )
    before, after = (_beats_constant(e, c.split, c.rows) for e, c in ((first, a), (second, b)))
    for key in sorted(before.keys() & after.keys()):
        if before[key] != after[key]:
            words = {True: "better than", False: "not told apart from, or worse than,"}
            model, trained_on = key
            said.append(
                f"{model} trained on {trained_on} records is {words[before[key]]} the constant as "
                f"printed, and {words[after[key]]} it with all but failures as bounds"
            )
    return said


def _beats_constant(evaluation: "Evaluation", split: str, rows: str) -> dict[tuple[str, str], bool]:
    s = evaluation.scores
    part = s[(s["split"] == split) & (s["rows"] == rows) & (s["model"] != "constant")]
    return {
        (str(m), str(t)): bool(high < 0)
        for m, t, high in zip(part["model"], part["trained_on"], part["delta_high"], strict=True)
    }
