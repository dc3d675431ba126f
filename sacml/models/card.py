"""The model card, written from the facts that stand in `model.json`."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sacml.models.surrogate import Surrogate

_PRINTED = 0.9
LICENCE = "CC-BY-4.0, as the data it was fitted on; the code that runs it is BSD-3-Clause."


def model_card(surrogate: Surrogate) -> str:
    """Write the card as Markdown."""
    facts = surrogate.facts
    parts = [
        f"# {surrogate.name}",
        f"Predicts **{surrogate.target}** in {surrogate.unit}{_against(facts)}. Model "
        f"`{surrogate.model}`, trained on {_taught(surrogate)}, version `{surrogate.version}`. "
        f"Role: {_role(facts)}.",
        f"**Intended use.** {facts['intended_use']}",
        "**Limits.**\n\n" + "\n".join(f"- {text}" for text in facts["limits"]),
        *_evaluation(surrogate),
        *_flag(facts),
        *_readings(facts),
        _records(facts),
        _domain(surrogate),
        _origin(facts),
        f"**Licence.** {facts.get('licence', LICENCE)}",
    ]
    return "\n\n".join(parts) + "\n"


_SCALES = {"linear": "{}", "log10": "log10({})", "log10_plus_1": "log10({} + 1)"}
_ROLES = {
    "screen": "screen (fast, for pools of candidates and the shell)",
    "refine": "refine (for short lists, beside the screen model)",
}


def _role(facts: Mapping[str, Any]) -> str:
    roles = facts.get("roles", ["screen"])
    both = "; one model serves both" if len(roles) > 1 else ""
    return " and ".join(_ROLES[name] for name in roles) + both


def _against(facts: Mapping[str, Any]) -> str:
    level = facts.get("energies")
    if level:
        return f" by {level['level_of_theory']}, reference {level['reference']}"
    own = set(facts["records"]["by_fidelity"]) == {"dft_own"}
    return " by PBE, against the isolated neutral atom" if own else ""


def _flag(facts: Mapping[str, Any]) -> list[str]:
    """Say whether the in-domain flag told good from bad predictions among the held-out."""
    found = facts.get("flag")
    return [f"**In-domain flag.** {found['words']}"] if found else []


def _readings(facts: Mapping[str, Any]) -> list[str]:
    """Name the conclusions that depend on how a printed life is read."""
    found = facts.get("readings")
    if not found:
        return []
    head = (
        f"**Two readings of a life.** As printed, {found['exact_as_printed']} of {found['n']} "
        f"lives count as exact; with all but stated failures as lower bounds, "
        f"{found['exact_when_censored']} do."
    )
    if not found["changed"]:
        return [f"{head} The screen models stand in the same order against the constant in both."]
    return [
        f"{head} These conclusions are not the same in both, so do not rely on them:",
        "\n".join(f"- {sentence}" for sentence in found["changed"]),
    ]


def _taught(surrogate: Surrogate) -> str:
    what = (
        "single- and dual-atom sites" if surrogate.trained_on == "sac" else "records of all classes"
    )
    return f"{surrogate.facts['records']['n']} {what}"


def _evaluation(surrogate: Surrogate) -> list[str]:
    judged = surrogate.facts["evaluation"]
    unit = _SCALES[surrogate.facts["scale"]].format(surrogate.unit)
    interval = f"**{100 * _PRINTED:g} % interval.** {_interval(surrogate, unit)}."
    if not judged:
        return ["**Evaluation.** None was given.", interval]
    rows = [
        s for s in judged["scores"] if s["split"] == judged["split"] and s["rows"] == judged["rows"]
    ]
    what = "single- and dual-atom sites" if judged["rows"] == "sac" else "rows of all classes"
    parts = [
        f"**Evaluation.** {judged['sentence']}",
        f"All models under `{judged['split']}`, judged on held-out {what}; "
        f"errors in {unit}, lower and upper bounds count one-sided, with the 95 % group bootstrap; "
        f"coverage is that of the {100 * judged['level']:g} % interval, a bound counted as the "
        "value (in brackets: as any value it allows):",
        _table(rows),
        interval,
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


def _interval(surrogate: Surrogate, unit: str) -> str:
    calibration = surrogate.calibration
    infinite, remark = calibration.remark(_PRINTED), surrogate.remark(_PRINTED)
    if infinite:
        return infinite
    spread = np.median(calibration.spread) if calibration.spread is not None else None
    _, ends = calibration.interval([0.0], _PRINTED, None if spread is None else [spread])
    half = float(ends[0])
    factor = f", about a factor of {10**half:.2g} either way" if "log" in unit else ""
    how = "at the median spread of the model, whose spread it follows, " if spread else ""
    return (
        f"{how}half width {half:.3g} {unit}{factor}, from {len(calibration.residuals)} held-out "
        f"residuals in {calibration.n_groups} groups (hierarchical conformal quantile: every group "
        "weighs one, and so does the group to come)" + (f"; {remark}" if remark else "")
    )


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    titles = ("model", "trained on", "records", "groups", "bounds", "MAE", "against the constant",
              "coverage")  # fmt: skip
    lines = [f"| {' | '.join(titles)} |", "|" + "---|" * len(titles)]
    lines += [
        f"| {s['model']} | {s['trained_on']} | {s['n_records']} | {s['n_groups']} | "
        f"{s['n_bounds']} | {_span(s, 'mae', 'mae_low', 'mae_high')} | "
        f"{_span(s, 'delta_constant', 'delta_low', 'delta_high')} | {_coverage(s)} |"
        for s in rows
    ]
    return "\n".join(lines)


def _coverage(row: Mapping[str, Any]) -> str:
    text, optimistic = f"{row['coverage']:.2f}", row.get("coverage_optimistic")
    return text if optimistic is None or not row["n_bounds"] else f"{text} ({optimistic:.2f})"


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
        f"{_counts(records['by_fidelity'], n)}.{_unread(facts)}"
    )


def _unread(facts: Mapping[str, Any]) -> str:
    n = len(facts.get("not_read", ()))
    return f" {n} more cannot be read by the model and taught nothing (`model.json`)." * bool(n)


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
