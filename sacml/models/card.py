"""The model card, written from the facts that stand in `model.json`."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sacml.models.surrogate import Surrogate

LICENCE = "CC-BY-4.0, as the data it was fitted on; the code that runs it is BSD-3-Clause."


def model_card(surrogate: Surrogate) -> str:
    """Write the card as Markdown."""
    facts = surrogate.facts
    parts = [
        f"# {surrogate.name}",
        f"Predicts **{surrogate.target}** in {surrogate.unit}. Model `{surrogate.model}`, trained "
        f"on {_taught(surrogate)}, version `{surrogate.version}`.",
        f"**Intended use.** {facts['intended_use']}",
        "**Limits.**\n\n" + "\n".join(f"- {text}" for text in facts["limits"]),
        *_evaluation(surrogate),
        _records(facts),
        _domain(surrogate),
        _origin(facts),
        f"**Licence.** {LICENCE}",
    ]
    return "\n\n".join(parts) + "\n"


def _taught(surrogate: Surrogate) -> str:
    what = (
        "single- and dual-atom sites" if surrogate.trained_on == "sac" else "records of all classes"
    )
    return f"{surrogate.facts['records']['n']} {what}"


def _evaluation(surrogate: Surrogate) -> list[str]:
    judged = surrogate.facts["evaluation"]
    half = surrogate.calibration.half_width(0.9)
    unit = "on the modelling scale " + surrogate.facts["scale"]
    interval = (
        surrogate.calibration.remark(0.9)
        or f"half width {half:.3g} {unit}, from {len(surrogate.calibration.residuals)} held-out "
        f"residuals in {surrogate.calibration.n_groups} groups (hierarchical conformal quantile: "
        "every group weighs one, and so does the group to come)"
    )
    if not judged:
        return ["**Evaluation.** None was given.", f"**90 % interval.** {interval}."]
    rows = [
        s for s in judged["scores"] if s["split"] == judged["split"] and s["rows"] == judged["rows"]
    ]
    what = "single- and dual-atom sites" if judged["rows"] == "sac" else "rows of all classes"
    parts = [
        f"**Evaluation.** {judged['sentence']}",
        f"All models under `{judged['split']}`, judged on held-out {what}; "
        f"errors {unit}, lower and upper bounds count one-sided, with the 95 % group bootstrap; "
        "coverage is that of the 90 % interval:".replace("90 %", f"{100 * judged['level']:g} %"),
        _table(rows),
        f"**90 % interval.** {interval}.",
        "Splits: "
        + "; ".join(
            f"`{name}` ({s['folds']} folds, sha256 {s['digest'][:12]})"
            for name, s in judged["splits"].items()
        )
        + ".",
    ]
    if judged["skipped"]:
        skipped = "\n".join(f"- {name}: {why}" for name, why in judged["skipped"].items())
        parts.append("Not done:\n\n" + skipped)
    if not judged["chosen_by_rule"]:
        parts.append("This is not the model that the release rule chose; see the sentence above.")
    return parts


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    titles = ("model", "trained on", "records", "groups", "bounds", "MAE", "against the constant",
              "coverage")  # fmt: skip
    lines = [f"| {' | '.join(titles)} |", "|" + "---|" * len(titles)]
    lines += [
        f"| {s['model']} | {s['trained_on']} | {s['n_records']} | {s['n_groups']} | "
        f"{s['n_bounds']} | {_span(s, 'mae', 'mae_low', 'mae_high')} | "
        f"{_span(s, 'delta_constant', 'delta_low', 'delta_high')} | {s['coverage']:.2f} |"
        for s in rows
    ]
    return "\n".join(lines)


def _span(row: Mapping[str, Any], value: str, low: str, high: str) -> str:
    text = f"{row[value]:.3f}"
    return text if row[low] is None else f"{text} ({row[low]:.3f} to {row[high]:.3f})"


def _counts(counts: Mapping[str, int], total: int) -> str:
    return ", ".join(f"{k} {n} ({100 * n / total:.0f} %)" for k, n in counts.items())


def _records(facts: Mapping[str, Any]) -> str:
    records = facts["records"]
    n = records["n"]
    return (
        f"**Records.** {n} of `{facts['dataset']['name']}` (sha256 "
        f"{facts['dataset']['digest'][:12] or 'not given'}), {records['n_sites']} of them single- "
        f"or dual-atom sites, {records['n_sources']} sources. Bounds: "
        f"{_counts(records['by_bound'], n)}. Alkali: {_counts(records['by_alkali'], n)}. Origin: "
        f"{_counts(records['by_fidelity'], n)}."
    )


def _domain(surrogate: Surrogate) -> str:
    domain = surrogate.domain
    ranges = "; ".join(
        f"{name} {v[0]:g} to {v[1]:g}" for name, v in domain.ranges.items() if v is not None
    )
    lines = {
        "reads": ", ".join(sorted(domain.reads)) or "nothing of the candidate",
        "decides the in-domain flag": ", ".join(sorted(domain.counted)) or "nothing",
        "metals seen": ", ".join(domain.metals) or "none",
        "shells seen": ", ".join(domain.shells) or "none",
        "hosts seen": ", ".join(domain.hosts),
        "alkali seen": ", ".join(domain.alkali),
        "measured range": ranges or "no condition stated",
    }
    return "**Domain.**\n\n" + "\n".join(f"- {k}: {v}" for k, v in lines.items())


def _origin(facts: Mapping[str, Any]) -> str:
    def show(value: Any) -> str:
        return f"{value:g}" if isinstance(value, float) and math.isfinite(value) else str(value)

    versions = ", ".join(f"{k} {v}" for k, v in facts["versions"].items())
    chosen = ", ".join(f"{k}={show(v)}" for k, v in facts["hyperparameters"].items()
                       if not isinstance(v, list))  # fmt: skip
    return (
        f"**Made with.** {versions}. Seed {facts['seed']}. Parameters: {chosen or 'none'}. "
        f"{len(facts['features'])} descriptors read; descriptor schema "
        f"{facts['descriptor_schema_digest'][:12]}, element table "
        f"{facts['element_table_digest'][:12]}."
    )
