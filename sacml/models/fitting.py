"""Fit one model on all its training rows and wrap it as a surrogate."""

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sacml import __version__
from sacml.domain import Candidate
from sacml.domain import target as find_target
from sacml.domain.elements import table_digest
from sacml.errors import SacmlError
from sacml.features import FEATURE_NAMES, FEATURES, CandidateTable, schema_digest
from sacml.models.described import Described
from sacml.models.epochs import OnEpoch, tells_epochs
from sacml.models.files import GRAPHS, predictor_files
from sacml.models.predictors import Predictor
from sacml.models.registry import make_model
from sacml.models.surrogate import Surrogate
from sacml.models.texts import INTENDED_USE, LIMITS
from sacml.uncertainty import Applicability, Calibration
from sacml.uncertainty.domain import parts_read

if TYPE_CHECKING:
    from sacml.data import Dataset

_LIBRARIES = ("numpy", "scikit-learn", "onnx", "onnxruntime")
_GRAPH_LIBRARIES = ("torch", "torch-geometric", "lightning", "vesin")
EXAMPLE_LEVEL = 0.9
N_EXAMPLES = 3


def fit_surrogate(
    dataset: "Dataset",
    target: str,
    model_name: str,
    trained_on: str = "all",
    seed: int = 0,
    evaluation: Any = None,
    on_epoch: OnEpoch | None = None,
) -> Surrogate:
    """Fit a model on every training row of a dataset.

    Parameters
    ----------
    dataset
        Records; those of other targets are left out.
    model_name, trained_on
        Name of the model; ``"sac"`` for single- and dual-atom sites alone, ``"all"`` for every
        record.
    evaluation : sacml.evaluation.Evaluation, optional
        Where this model was held out: its residuals, on the split that decides on the release,
        calibrate the interval. Without it every interval is infinite.
    on_epoch
        Called after every epoch of a model that has any.

    Raises
    ------
    SacmlError
        If no row is left to train on or can be read by the model, or the evaluation did not hold
        this model out.
    """
    described = Described.of(dataset.records, target)
    estimator = make_model(model_name, seed)
    refused = described.refused(estimator)
    taught = described.trained_on(trained_on)
    rows = np.flatnonzero(taught)
    if not rows.size:
        raise SacmlError(
            f"no {target} record of {dataset.name!r} is a single- or dual-atom site; train on 'all'"
        )
    rows = np.setdiff1d(rows, list(refused))
    if not rows.size:
        raise SacmlError(
            f"{model_name} can read none of the {target} records of {dataset.name!r}: "
            + next(iter(refused.values()))
        )
    calibration, judged, held = _calibrate(evaluation, model_name, trained_on)
    groups = _groups(described, evaluation, judged.get("split"))
    given: dict[str, Any] = {"bound": described.bound[rows], "groups": groups[rows]}
    if on_epoch is not None and tells_epochs(estimator):
        given["on_epoch"] = on_epoch
    estimator.fit(described.read_by(estimator, rows), described.y[rows], **given)
    predictor = estimator.predictor()
    reads = [FEATURE_NAMES[i] for i in predictor.columns]
    spread = [held.get(r.record_id, np.nan) for r in described.records]
    domain = Applicability.of(
        described.table.take(rows),
        parts_read(reads),
        X=described.X[rows],
        columns=predictor.columns,
        groups=groups[rows],
        spread=np.array(spread)[rows] if held else None,
    )
    records = [described.records[i] for i in rows]
    unread = {described.records[i].record_id: why for i, why in refused.items() if taught[i]}
    kind = find_target(target)
    facts: dict[str, Any] = {
        "unit": kind.unit,
        "scale": kind.scale,
        "seed": seed,
        "hyperparameters": _parameters(estimator),
        "features": [{"name": f.name, "unit": f.unit} for f in FEATURES if f.name in set(reads)],
        "descriptor_schema_digest": schema_digest(),
        "element_table_digest": table_digest(),
        "dataset": {"name": dataset.name, "digest": dataset.digest},
        "records": {
            "n": len(records),
            "n_sites": int(sum(r.is_sac for r in records)),
            "n_sources": len({r.source_group for r in records}),
            "by_bound": dict(sorted(Counter(r.bound for r in records).items())),
            "by_alkali": dict(sorted(Counter(r.alkali for r in records).items())),
            "by_fidelity": dict(sorted(Counter(r.fidelity for r in records).items())),
            "ids_digest": _digest("\n".join(sorted(r.record_id for r in records)).encode()),
        },
        **({"not_read": unread} if unread else {}),
        "evaluation": judged,
        "intended_use": INTENDED_USE[target] if target in INTENDED_USE else INTENDED_USE["other"],
        "limits": list(LIMITS.get(target, ())) + list(LIMITS["all"]),
        "versions": _versions(_LIBRARIES + _GRAPH_LIBRARIES * (predictor.kind == GRAPHS)),
    }
    surrogate = Surrogate(
        target=target,
        model=model_name,
        trained_on=trained_on,
        version=_version(predictor, calibration, domain, facts),
        predictor=predictor,
        calibration=calibration,
        domain=domain,
        facts=facts,
    )
    return _with_examples(surrogate, [r.candidate for r in records if r.is_sac] or
                          [r.candidate for r in records])  # fmt: skip


def _groups(described: Described, evaluation: Any, split: str | None) -> NDArray[np.str_]:
    """What was held out with each record (n,); "" for a record that was never tested."""
    records = described.records
    if evaluation is None:
        sources = np.array([r.source_group for r in records])
        alone = len(np.unique(sources)) < 2  # one source for all: by the centre then
        return np.array(["+".join(r.site.centre) for r in records]) if alone else sources
    p = evaluation.predictions
    tested = p[p["split"] == split].drop_duplicates("record_id")
    group = dict(zip(tested["record_id"], tested["group"], strict=True))
    return np.array([str(group.get(r.record_id, "")) for r in records])


def _calibrate(
    evaluation: Any, model: str, trained_on: str
) -> tuple[Calibration, dict[str, Any], dict[str, float]]:
    """Return calibration, what was judged, and record id -> spread when it was held out."""
    if evaluation is None:
        return Calibration.of([], []), {}, {}
    choice = evaluation.best()
    calibration = evaluation.calibration(model, trained_on, choice.split)
    if not calibration.n_groups:
        raise SacmlError(
            f"the evaluation of {evaluation.target} did not hold out {model!r} trained on "
            f"{trained_on!r} under {choice.split}; evaluate that model first"
        )
    p = evaluation.predictions
    p = p[(p["model"] == model) & (p["trained_on"] == trained_on) & (p["split"] == choice.split)]
    held = {}
    if "spread" in p and p["spread"].notna().any():
        held = dict(zip(p["record_id"], p["spread"].astype(float), strict=True))
    scores = evaluation.scores.replace({np.nan: None, np.inf: "inf"})
    judged = {
        "split": choice.split,
        "rows": choice.rows,
        "chosen_by_rule": (choice.model, choice.trained_on) == (model, trained_on),
        "sentence": choice.sentence,
        "level": evaluation.level,
        "seed": evaluation.seed,
        "splits": {
            name: {"digest": split.digest, "folds": len(split)}
            for name, split in evaluation.splits.items()
        },
        "skipped": dict(evaluation.skipped),
        "scores": scores.astype(object).to_dict(orient="records"),
    }
    return calibration, judged, held


def _with_examples(surrogate: Surrogate, candidates: Sequence[Candidate]) -> Surrogate:
    texts = [str(c) for c in candidates]
    texts = list(dict.fromkeys([texts[0], *texts[:: max(1, len(texts) // N_EXAMPLES)]]))
    asked = [Candidate.parse(text) for text in texts[: N_EXAMPLES + 1]]
    found = surrogate.predict(CandidateTable.from_candidates(asked), EXAMPLE_LEVEL)
    examples = [
        {
            "candidate": str(candidate),
            "value": plain(found.value[i]),
            "lower": plain(found.lower[i]),
            "upper": plain(found.upper[i]),
            "in_domain": bool(found.in_domain[i]),
        }
        for i, candidate in enumerate(asked)
    ]
    facts = dict(surrogate.facts) | {"examples": {"level": EXAMPLE_LEVEL, "rows": examples}}
    return Surrogate(
        surrogate.target, surrogate.model, surrogate.trained_on, surrogate.version,
        surrogate.predictor, surrogate.calibration, surrogate.domain, facts,
    )  # fmt: skip


def plain(value: float) -> float | str:
    """Write a number as JSON can hold it: infinite ends become ``"inf"`` and ``"-inf"``."""
    return float(value) if np.isfinite(value) else str(float(value))


def _parameters(estimator: Any) -> dict[str, Any]:
    given = {k: v for k, v in estimator.get_params().items() if k != "columns"}
    if hasattr(estimator, "alpha_"):
        given["alpha_chosen"] = plain(estimator.alpha_)
    for name in [k for k, v in given.items() if is_dataclass(v)]:
        given |= {f"{name}.{k}": v for k, v in asdict(given.pop(name)).items()}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in given.items()}


def _versions(libraries: Sequence[str]) -> dict[str, str]:
    found = {"sacml": __version__, "python": platform.python_version()}
    for name in libraries:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # not needed by this kind of model
            continue
    return found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _version(
    predictor: Predictor, calibration: Calibration, domain: Applicability, facts: Mapping[str, Any]
) -> str:
    """Version of sacml and eight digits over everything that decides a prediction."""
    parts = [json.dumps([calibration.to_dict(), domain.to_dict(), facts["scale"],
                         facts["descriptor_schema_digest"]], sort_keys=True).encode()]  # fmt: skip
    parts += [content for _, content in sorted(predictor_files(predictor).items())]
    return f"{__version__}+{_digest(b''.join(parts))[:8]}"
