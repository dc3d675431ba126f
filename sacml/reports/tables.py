"""Tables of the HTML report, as plain cells that the template escapes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from sacml.domain import ALKALI, TARGETS
from sacml.domain.elements import table_digest
from sacml.reports.png_proposals import predicted_targets
from sacml.reports.words import (
    BASELINES,
    TRAINED_ON,
    decimals,
    interval,
    model_title,
    number,
    short,
    span,
)

if TYPE_CHECKING:
    from sacml.workflows.results import StudyResult


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what is read, a smaller addition, a mark, and the number to sort by."""

    text: str
    small: str = ""
    kind: str = ""
    mark: str = ""
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of a row, and its class."""

    cells: tuple[Cell, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Headings with their class (``n`` for numbers), rows, and a class of the whole."""

    heads: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    kind: str = ""


def numeric(value: float | None, text: str | None = None, small: str = "") -> Cell:
    """Cell of a number; the full number is kept to sort by."""
    known = value is not None and not math.isnan(value)
    shown = text if text is not None else number(value)
    return Cell(shown, small, "n", value=repr(float(value)) if known and value is not None else "")


def scores_table(scores: pd.DataFrame) -> Table:
    """Scores of one split, as sorted as they come; the first is marked as the best."""
    unit = scores["scale_unit"].iloc[0] if len(scores) else ""
    heads = (
        ("Model", ""),
        ("Trained on", ""),
        ("Records (groups)", "n"),
        (f"MAE ({unit})", "n"),
        ("Against the constant", "n"),
        ("Coverage (%)", "n"),
        ("Width", "n"),
    )
    rows = []
    for i, r in enumerate(scores.to_dict("records")):
        constant = r["model"] == "constant"
        spread = span(r["mae_low"], r["mae_high"])
        gap = span(r["delta_low"], r["delta_high"], sign=True)
        cells = (
            Cell(model_title(r["model"]), kind="name", mark="best" if i == 0 else ""),
            Cell(TRAINED_ON.get(r["trained_on"], r["trained_on"])),
            numeric(r["n_records"], f"{int(r['n_records'])}", f"({int(r['n_groups'])})"),
            numeric(r["mae"], decimals(r["mae"]), f"({spread})"),
            numeric(
                r["delta_constant"],
                "–" if constant else decimals(r["delta_constant"], sign=True),
                "" if constant else f"({gap})",
            ),
            numeric(r["coverage"], f"{100 * r['coverage']:.0f}"),
            numeric(r["mean_width"], decimals(r["mean_width"])),
        )
        kind = "winner" if i == 0 else "baseline" if r["model"] in BASELINES else ""
        rows.append(Row(cells, kind))
    return Table(heads, tuple(rows))


def overview_table(records: pd.DataFrame) -> Table:
    """Number of records of each target: all, sites, per alkali, sources."""
    heads = (
        ("Target", ""),
        ("Records", "n"),
        ("of sites", "n"),
        *((a, "n") for a in ALKALI),
        ("Source groups", "n"),
        ("Metals", "n"),
    )
    rows = []
    for name, part in records.groupby("target", sort=False):
        sites = part[part["is_sac"].astype(bool)]
        metals = set(sites["metals"].str.split("+").explode())
        counted = (
            len(part),
            len(sites),
            *(int((part["alkali"] == a).sum()) for a in ALKALI),
            part["source_group"].nunique(),
            len(metals),
        )
        title = f"{TARGETS[str(name)].title} ({TARGETS[str(name)].unit})"
        rows.append(Row((Cell(title), *(numeric(n, str(n)) for n in counted))))
    return Table(heads, tuple(rows))


def proposals_table(frame: pd.DataFrame) -> Table:
    """Proposals with predictions, facts, why they are there and what is uncertain."""
    targets = predicted_targets(frame)
    priced = "price_usd_per_kg" in frame
    heads = (
        ("Rank", "n"),
        ("Site", ""),
        ("Score", "n"),
        *((f"{short(t)} ({t.unit})", "n") for t in targets),
        *((("Price (USD/kg)", "n"),) if priced else ()),
        ("Why, and what is uncertain", ""),
    )
    rows = []
    for r in frame.to_dict("records"):
        cells = [
            numeric(r["rank"], f"{int(r['rank'])}"),
            Cell(r["site"], kind="site", mark="known" if text(r, "known_as") else ""),
            numeric(r["score"], f"{r['score']:.3f}"),
        ]
        for t in targets:
            spread = interval(r[f"{t.column}_lower"], r[f"{t.column}_upper"])
            outside = "" if r.get(f"{t.name}_in_domain", True) else "; outside"
            cells.append(numeric(r[t.column], small=spread + outside))
        if priced:
            cells.append(numeric(r["price_usd_per_kg"]))
        known = f" Known as {text(r, 'known_as')}." if text(r, "known_as") else ""
        cells.append(Cell(text(r, "why") + known, small=text(r, "uncertain"), kind="why"))
        rows.append(Row(tuple(cells)))
    return Table(heads, tuple(rows), "tall")


def text(row: Mapping[Any, Any], column: str) -> str:
    """Text of a cell; empty where there is none."""
    value = row.get(column)
    return value if isinstance(value, str) else ""


def counted_table(*groups: tuple[str, Mapping[str, int]]) -> Table:
    """Numbers of candidates by reason, the largest first."""
    heads = (("Reason", ""), ("Step", ""), ("Candidates", "n"))
    rows = [
        Row((Cell(reason), Cell(step), numeric(n, f"{n:,}")))
        for step, reasons in groups
        for reason, n in sorted(reasons.items(), key=lambda item: -item[1])
    ]
    return Table(heads, tuple(rows))


def digests_table(study: "StudyResult") -> Table:
    """Digests of everything that the numbers depend on."""
    found = {f"dataset {d.name}": d.digest for d in study.datasets.values()}
    found["element table"] = table_digest()
    for name, evaluation in study.evaluations.items():
        for split, made in evaluation.splits.items():
            found[f"split {split} of {name}"] = made.digest
    for name, surrogate in study.surrogates.items():
        found[f"model of {name}"] = f"{surrogate.model}, {surrogate.version}"
    rows = tuple(Row((Cell(k), Cell(str(v)))) for k, v in found.items())
    return Table((("What", ""), ("Digest or version", "")), rows)
