"""Tables of the page of proposals (see `sacml.reports.tables` for their cells)."""

import math
from typing import TYPE_CHECKING

from sacml.domain import TARGETS
from sacml.reports.proposals_front import front_columns, site_of, trade_offs
from sacml.reports.proposals_words import bounds, known_mark
from sacml.reports.tables import Cell, Row, Table, numeric
from sacml.reports.words import short

if TYPE_CHECKING:
    from sacml.design import KnownRank, Proposals, TargetPrediction

FRONT_ROWS = 40
"""Rows of the table beside the figure of the front."""


def objectives_table(found: "Proposals") -> Table:
    """What was wanted, how much it counts, and where its ends come from."""
    heads = (("Objective", ""), ("Wanted", ""), ("Weight", "n"), ("In the score", ""),
             ("Source of the ends", ""))  # fmt: skip
    rows = [
        Row(
            (
                Cell(o.name, kind="name"),
                Cell(o.wish),
                numeric(o.weight),
                Cell("no: same for all" if o.name in found.not_discriminating else "yes"),
                Cell(o.source),
            )
        )
        for o in found.objectives
    ]
    return Table(heads, tuple(rows))


def short_list(found: "Proposals") -> Table:
    """One row for each proposal."""
    targets = [TARGETS[t] for t in (found[0].predictions if len(found) else ())]
    refined = any(p.refined_score is not None for p in found)
    heads = (
        ("Rank", "n"),
        ("Site", ""),
        (f"Score{' (by refine)' * refined}", "n"),
        *((f"{short(t)} ({t.unit})", "n") for t in targets),
        ("Metal price (USD/kg)", "n"),
        ("Nearest known system", ""),
    )
    rows = []
    for p in found:
        near = p.nearest
        beside = "none with as many centres" if near is None else str(near.system.site)
        steps = "" if near is None else _steps(near.distance)
        second = "" if p.refined_score is None else f"({p.refined_score:.3f})"
        cells = [
            numeric(p.rank, str(p.rank)),
            Cell(str(p.candidate.site), kind="site", mark=known_mark(p)),
            numeric(p.score, f"{p.score:.3f}", second),
        ]
        cells += [_predicted(p.predictions[t.name]) for t in targets]
        cells += [numeric(p.facts.get("price_usd_per_kg")), Cell(beside, steps)]
        rows.append(Row(tuple(cells)))
    return Table(heads, tuple(rows), "tall")


def _steps(distance: int) -> str:
    return f"{distance} step{'s' * (distance != 1)} away" if distance else "the same site"


def _predicted(p: "TargetPrediction") -> Cell:
    outside = "" if p.in_domain else "; outside"
    return numeric(p.value, small=f"{bounds(p)}{outside}")


def front_table(found: "Proposals") -> Table | None:
    """Candidates of the front and of the list, best score first."""
    data = trade_offs(found)
    if data is None:
        return None
    heads = (("Site", ""), ("In the list", ""), ("Score", "n"),
             *((c, "n") for c in front_columns(found)))  # fmt: skip
    points = sorted(data["points"], key=lambda q: -q["score"])[:FRONT_ROWS]
    rows = []
    for q in points:
        rank = f"{q['rank']}." if q["rank"] else "no"
        place = rank + ("" if q["front"] else ", dominated")
        values = [
            Cell({None: "not known", 0.0: "no", 1.0: "yes"}.get(v, ""), kind="n")
            if axis["yesno"]
            else numeric(v)
            for v, axis in zip(q["v"], data["axes"], strict=True)
        ]
        score = numeric(q["score"], f"{q['score']:.3f}")
        rows.append(Row((Cell(q["name"], kind="site"), Cell(place), score, *values)))
    return Table(heads, tuple(rows))


def metals_table(found: "Proposals") -> Table | None:
    """Best candidate of each metal, best score first."""
    if not found.best_by_metal:
        return None
    targets = list(dict.fromkeys(t for b in found.best_by_metal.values() for t in b.predictions))
    heads = (("Metal", ""), ("Its best site", ""), ("Score", "n"),
             *((f"{short(TARGETS[t])} ({TARGETS[t].unit})", "n") for t in targets))  # fmt: skip
    ordered = sorted(found.best_by_metal.items(), key=lambda item: (-item[1].score, item[0]))
    rows = []
    for metal, best in ordered:
        cells = [Cell(metal, kind="name"), Cell(site_of(best.candidate), kind="site")]
        cells.append(numeric(best.score, f"{best.score:.3f}"))
        cells += [
            _predicted(best.predictions[t]) if t in best.predictions else Cell("–", kind="n")
            for t in targets
        ]
        rows.append(Row(tuple(cells)))
    return Table(heads, tuple(rows))


def is_named(known: "KnownRank") -> bool:
    """Whether a known system has a name in print; our own labels have none."""
    return any(n and n != str(known.system.site) for n in known.system.names)


def known_table(known: "list[KnownRank]", n_ranked: int) -> Table:
    """Where known systems rank or would rank, the best first."""
    heads = (("Site", ""), ("Called", ""), ("Met with", ""), (f"Rank of {n_ranked:,}", "n"),
             ("Score", "n"), ("Remark", ""))  # fmt: skip
    rows = []
    for k in sorted(known, key=lambda k: (k.rank is None, k.would_rank or math.inf)):
        place = f"{k.rank:,}" if k.rank is not None else (
            f"would be {k.would_rank:,}" if k.would_rank is not None else "none"
        )  # fmt: skip
        sort = k.would_rank if k.rank is None else k.rank
        names = [n for n in k.system.names if n and n != str(k.system.site)]
        rows.append(
            Row(
                (
                    Cell(str(k.system.site), kind="site"),
                    Cell(names[0] if names else "own label"),
                    Cell(", ".join(k.system.alkalis)),
                    numeric(sort, place),
                    numeric(k.score, "–" if math.isnan(k.score) else f"{k.score:.3f}"),
                    Cell(k.reason or "in the space"),
                )
            )
        )
    return Table(heads, tuple(rows))


def shifts_table(found: "Proposals") -> Table | None:
    """How the list changes when the window moves."""
    if not found.shifts:
        return None
    heads = (("Window moved by", "n"), ("Stay", "n"), ("Come in, best first", ""),
             ("Drop out", ""))  # fmt: skip
    rows = [
        Row(
            (
                numeric(s.shift, f"{s.shift:+g} {s.unit}".replace("-", "−")),
                numeric(s.kept, f"{s.kept} of {len(found)}"),
                Cell(", ".join(map(site_of, s.entered)) or "none"),
                Cell(", ".join(map(site_of, s.left)) or "none"),
            )
        )
        for s in found.shifts
    ]
    return Table(heads, tuple(rows))
