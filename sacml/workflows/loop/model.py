"""The model of a loop: what it is taught by, how it is judged, and what it says of a candidate."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.data import Dataset, load_dataset, read_labels, training_records
from sacml.errors import SacmlError
from sacml.labels.table import fidelity
from sacml.workflows.loop.config import TARGET, LoopConfig
from sacml.workflows.loop.state import Asked

if TYPE_CHECKING:
    from sacml.models import Surrogate

FEWEST_METALS = 3
"""Metals among the labels below which no model is fitted: less cannot be held out and judged."""
BASELINES = ("constant", "alkali_mean")


def joins_released(config: LoopConfig) -> bool:
    """Whether labels of the loop are of the very settings of the released dataset."""
    return not config.is_handed_out and fidelity(config.settings) == "dft_own"


def teaching(config: LoopConfig, own: Dataset | None) -> Dataset | None:
    """Return the records that teach the model: those at hand at the loop's level, and its own.

    The released labels are among them only where the settings are the protocol's own, whatever a
    level is called.

    Raises
    ------
    SacmlError
        If the labels of ``data`` cannot be used.
    MixedReferenceError
        If they are of several levels of theory.
    """
    at_hand = _at_hand(config)
    if own is None:
        return at_hand
    known = set() if at_hand is None else {(str(r.site), r.alkali) for r in at_hand}
    fresh = tuple(r for r in own if (str(r.site), r.alkali) not in known)
    records = (*(() if at_hand is None else at_hand.records), *fresh)
    digest = hashlib.sha256(f"{at_hand.digest if at_hand else ''}{own.digest}".encode())
    both = Dataset(config.name, records, digest.hexdigest())
    return training_records(TARGET, both, level_of_theory=_level(config))


def _level(config: LoopConfig) -> str | None:
    """Level of theory of the engine; of results from outside the records tell."""
    return None if config.is_handed_out else config.settings.level_of_theory


def _at_hand(config: LoopConfig) -> Dataset | None:
    released = load_dataset("dft") if joins_released(config) else None
    if config.data is None:
        return None if released is None else training_records(TARGET, released)
    given = training_records(TARGET, read_labels(config.data), level_of_theory=_level(config))
    if released is None:
        return given
    if foreign := [r.record_id for r in given if r.fidelity != "dft_own"]:
        raise SacmlError(
            f"{config.data}: {len(foreign)} labels are not of the protocol's own settings, among "
            f"them {foreign[0]}; they cannot join the released ones"
        )
    records = {(str(r.site), r.alkali): r for r in (*given, *training_records(TARGET, released))}
    return replace(given, records=tuple(records.values()))


def fit(
    config: LoopConfig, dataset: Dataset, folder: Path, executor: Executor | None = None
) -> dict[str, Any]:
    """Judge the models on held-out metals, fit and store the one that wins; return its figures.

    Returns
    -------
    dict
        ``n_labels`` and ``dataset_digest``; with enough metals also the model with its error on
        held-out metals, that of the baselines, coverage and mean width of its intervals.
    """
    from sacml.evaluation import evaluate
    from sacml.models import fit_surrogate, store

    figures: dict[str, Any] = {"n_labels": len(dataset), "dataset_digest": dataset.digest}
    if len({r.site.centre for r in dataset if r.is_sac}) < FEWEST_METALS:
        return figures
    models = tuple(dict.fromkeys((*config.models, *BASELINES)))
    evaluation = evaluate(
        dataset, TARGET, models=models, splits=config.splits, trained_on=config.trained_on,
        level=config.level, min_sac_groups=config.min_sac_groups, seed=config.seed,
        executor=executor,
    )  # fmt: skip
    choice = evaluation.best()
    surrogate = fit_surrogate(
        dataset, TARGET, choice.model, trained_on=choice.trained_on, seed=config.seed,
        evaluation=evaluation,
    )  # fmt: skip
    store.save(surrogate, folder / "model")
    scores = evaluation.scores
    same = scores[(scores["split"] == choice.split) & (scores["rows"] == choice.rows)
                  & (scores["trained_on"] == choice.trained_on)]  # fmt: skip
    by_model = {str(row["model"]): row for row in same.to_dict("records")}
    mine = by_model[choice.model]
    baselines = {
        name: fit_surrogate(dataset, TARGET, name, trained_on=choice.trained_on, seed=config.seed)
        for name in BASELINES
    }
    for name, baseline in baselines.items():
        store.save(baseline, folder / "baselines" / name)
    return figures | {
        "model": choice.model, "trained_on": choice.trained_on, "version": surrogate.version,
        "split": choice.split, "held_out_mae_eV": choice.mae, "held_out_low_eV": choice.mae_low,
        "held_out_high_eV": choice.mae_high,
        "held_out_constant_mae_eV": float(by_model["constant"]["mae"]),
        "held_out_alkali_mean_mae_eV": float(by_model["alkali_mean"]["mae"]),
        "held_out_coverage": float(mine["coverage"]),
        "held_out_width_eV": mine["mean_width"] if mine["mean_width"] < float("inf") else None,
        "sentence": choice.sentence,
    }  # fmt: skip


def foretell(
    config: LoopConfig,
    folder: Path,
    figures: dict[str, Any],
    chosen: Sequence[Asked],
) -> list[Asked]:
    """Write down what the judged model of a round, frozen, says of candidates."""
    if "model" not in figures or not chosen:
        return list(chosen)
    from sacml.features import CandidateTable
    from sacml.models import store

    table = CandidateTable.from_candidates([c.candidate for c in chosen])
    frozen = store.load(folder / "model")
    said = frozen.predict(table, config.level)
    base = {name: _values(store.load(folder / "baselines" / name), table) for name in BASELINES}
    return [
        replace(
            one,
            value=float(said.value[i]), lower=float(said.lower[i]), upper=float(said.upper[i]),
            in_domain=bool(said.in_domain[i]), model=figures["model"],
            model_version=frozen.version, constant=base["constant"][i],
            alkali_mean=base["alkali_mean"][i],
        )
        for i, one in enumerate(chosen)
    ]  # fmt: skip


def _values(surrogate: "Surrogate", table: Any) -> list[float]:
    return [float(v) for v in surrogate.predict(table).value]
