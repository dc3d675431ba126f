"""The files of a loop for people: tables, a figure of its course, and a summary in words."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sacml.labels.table import write_rows
from sacml.workflows.loop.config import LoopConfig
from sacml.workflows.loop.model import joins_released
from sacml.workflows.loop.state import Round
from sacml.workflows.loop.tables import Row, label_rows, round_rows
from sacml.workflows.tables import markdown

FEW = 20
"""Labels below which the summary says that its figures may be chance."""


def write_report(
    folder: Path,
    config: LoopConfig,
    rounds: Sequence[Round],
    at_hand: Sequence[tuple[str, float]],
    warning: str = "",
) -> tuple[Path, ...]:
    """Write ``loop.csv``, ``rounds.csv``, ``loop.png`` and ``summary.md``."""
    labels, course = label_rows(rounds, config), round_rows(rounds, config, at_hand)
    paths = tuple(folder / n for n in ("loop.csv", "rounds.csv", "loop.png", "summary.md"))
    write_rows(paths[0], labels)
    write_rows(paths[1], course)
    draw(paths[2], labels, course)
    paths[3].write_text(summary(config, rounds, labels, course, warning), encoding="utf-8")
    return paths


def draw(path: Path, labels: Sequence[Row], course: Sequence[Row]) -> None:
    """Draw labels with the predictions made before them, and the course of the errors."""
    from sacml.reports.style import (
        ALKALI_COLOURS,
        BASELINE,
        MODEL,
        MUTED,
        WINNER,
        new_figure,
        save,
        styled,
    )

    with styled():
        figure = new_figure(9.0, 4.2)
        left, right = figure.subplots(1, 2)
        for i, row in enumerate(labels, 1):
            colour = ALKALI_COLOURS[row["alkali"]]
            left.vlines(i, row["window_low_eV"], row["window_high_eV"], colour, alpha=0.12, lw=9)
            if row["predicted_eV"] is not None:
                ends = [row["lower_eV"], row["upper_eV"]]
                if all(abs(e) < float("inf") for e in ends):
                    left.vlines(i, *ends, MUTED, lw=1)
                left.plot(i, row["predicted_eV"], "_", color=MUTED, ms=9, mew=1.6)
            if row["label_eV"] is not None:
                left.plot(i, row["label_eV"], "o", color=colour, ms=5)
        left.set_xlabel("label, in the order asked")
        left.set_ylabel("binding energy (eV, against the atom)")
        left.set_title("Predicted before (bar: interval), then labelled")
        for alkali in dict.fromkeys(row["alkali"] for row in labels):
            left.plot([], [], "o", color=ALKALI_COLOURS[alkali], label=f"{alkali}, band: wanted")
        for column, words, colour, style in (
            ("prospective_mae_eV", "predicted before the label", WINNER, "o-"),
            ("prospective_constant_mae_eV", "constant, before the label", BASELINE, "s-"),
            ("held_out_mae_eV", "held-out metals", MODEL, "o--"),
            ("held_out_constant_mae_eV", "constant, held-out metals", BASELINE, "s--"),
        ):
            points = [(r["labels"], r[column]) for r in course if r[column] is not None]
            if points:
                right.plot(*zip(*points, strict=True), style, color=colour, ms=4, label=words)
        right.set_xlabel("labels made by the loop")
        right.set_ylabel("mean absolute error (eV)")
        right.set_ylim(bottom=0)
        right.set_title("Error so far")
        for axes in (left, right):
            axes.xaxis.get_major_locator().set_params(integer=True)  # labels are counted
            if axes.get_legend_handles_labels()[0]:  # below, where it hides nothing
                axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
        save(figure, path)


def summary(
    config: LoopConfig,
    rounds: Sequence[Round],
    labels: Sequence[Row],
    course: Sequence[Row],
    warning: str,
) -> str:
    """Say in words what was asked, what was found, and how far the predictions can be trusted."""
    last = course[-1]
    parts = [f"# Loop {config.name}", *([f"**Warning:** {warning}."] if warning else [])]
    parts.append(
        f"{last['asked']} of {config.budget} candidates asked in {len(course) - 1} rounds, chosen "
        f"by {config.strategy} ({config.learner}); {last['labels']} have a label. {_level(config)} "
        f"{_start(course[0])}"
    )
    parts.append(_found(labels, last))
    if labels:
        parts += ["## Labels", _speakers(config), _table(labels)]
    parts += ["## How good the predictions were", _judged(config, course)]
    lost = [r for r in labels if r["no_label_because"]]
    passed = [item for r in rounds for item in r.passed_over]
    if lost:
        rows = [(f"{r['site']} with {r['alkali']}", r["no_label_because"]) for r in lost]
        parts += ["## Without a label that counts; not asked again",
                  markdown(("candidate", "reason"), [(a, _cell(b)) for a, b in rows])]  # fmt: skip
    if passed:
        parts += ["## Passed over, because they cannot be built",
                  markdown(("candidate", "reason"),
                           [(a, _cell(b)) for a, b in passed])]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _level(config: LoopConfig) -> str:
    level = config.settings.level_of_theory
    if joins_released(config):
        return f"The engine's settings are those of the released labels ({level}), which it joins."
    where = " come back from outside and" if config.is_handed_out else f" of {level}"
    text = f"Labels{where} form a level of their own: no other labels teach the model."
    if missing := [a for a in config.alkali if a not in config.window]:
        text += (
            f" What is wanted of {' and '.join(missing)} was taken from the released labels, which "
            "are of another level; `window` in the configuration states one of this level."
        )
    return text


def _start(first: Row) -> str:
    n = first["taught_by"] or 0
    return f"It began with {n} labels." if n else "It began with no label."


def _speakers(config: LoopConfig) -> str:
    return (
        f"Two models speak of each candidate before its label. The asking model "
        f"({config.learner}) chooses it: what it expects ± its standard deviation. The judged "
        "model is the one that does best on held-out metals in the round before; its prediction "
        "and interval are what the errors below are about."
    )


def _found(labels: Sequence[Row], last: Row) -> str:
    inside = [r for r in labels if r["in_window"]]
    if not labels:
        return "No label has come back yet."
    text = f"{len(inside)} of {last['labels']} labels lie in the window that is wanted"
    if inside:
        return f"{text}: " + ", ".join(
            f"{r['site']} with {r['alkali']} ({r['label_eV']:.2f} eV)" for r in inside
        ) + "."  # fmt: skip
    best = last["best_distance_to_window_eV"]
    return f"{text}." + (
        "" if best is None else f" The nearest known label misses by {best:.2f} eV."
    )


def _judged(config: LoopConfig, course: Sequence[Row]) -> str:
    last = course[-1]
    n = last["predicted_before"]
    if not n:
        return "No prediction could be made before a label: too few labels were at hand."
    text = (
        f"Each prediction was stored before its label was computed. On these {n} labels the judged "
        f"model, frozen, was wrong by {last['prospective_mae_eV']:.2f} eV on average (its bias: "
        f"{last['prospective_bias_eV']:+.2f} eV); the constant of the same moment by "
        f"{last['prospective_constant_mae_eV']:.2f} eV, the mean of the alkali metal by "
        f"{last['prospective_alkali_mean_mae_eV']:.2f} eV."
    )
    first = next((r for r in course if r["held_out_mae_eV"] is not None), None)
    if first is not None:
        text += (
            f" Held-out metals had promised {first['held_out_mae_eV']:.2f} eV (95 % interval "
            f"{first['held_out_low_eV']:.2f} to {first['held_out_high_eV']:.2f}) for the first of "
            f"these models, and {first['held_out_constant_mae_eV']:.2f} eV for the constant."
        )
    if last["finite_intervals"]:
        text += (
            f" {last['prospective_coverage']:.0%} of {last['finite_intervals']} labels lie in "
            f"their {config.level:.0%} interval, which is {last['prospective_width_eV']:.2f} eV "
            "wide on average."
        )
    if endless := n - last["finite_intervals"]:
        text += f" {endless} intervals had no end: too few metals to calibrate them."
    if n < FEW:
        text += f" With {n} labels, chosen and not drawn at random, each figure may be chance."
    return text


def _table(labels: Sequence[Row]) -> str:
    header = ("round", "site", "alkali", "asking model (eV)", "judged model (eV)",
              "interval (eV)", "label (eV)", "in window", "in domain")  # fmt: skip
    return markdown(header, [
        (str(r["round"]), r["site"], r["alkali"], _asking(r), _number(r["predicted_eV"]),
         "-" if r["lower_eV"] is None else f"{r['lower_eV']:.2f} to {r['upper_eV']:.2f}",
         _number(r["label_eV"]), _yes(r["in_window"]), _yes(r["in_domain"]))
        for r in labels
    ])  # fmt: skip


def _asking(row: Row) -> str:
    if row["asking_eV"] is None:
        return "-"
    return f"{row['asking_eV']:.2f} ± {row['asking_spread_eV']:.2f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _yes(value: bool | None) -> str:
    return "-" if value is None else "yes" if value else "no"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def figures_of(row: Mapping[str, Any]) -> dict[str, float]:
    """Numbers of a round, as a tracker takes them."""
    return {k: float(v) for k, v in row.items() if isinstance(v, int | float) and k != "round"}
