"""The figures of the page of proposals: trade-offs, intervals, and the map of metals."""

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from sacml.design.supply import is_flag
from sacml.domain import TARGETS
from sacml.reports.proposals_words import counted
from sacml.reports.words import number, short

if TYPE_CHECKING:
    from sacml.design import Objective, Proposal, Proposals, TargetPrediction

STRIP_WIDTH, STRIP_HEIGHT = 300, 22


def objective_title(objective: "Objective") -> str:
    """Name with unit, e.g. ``cost (USD/kg)``."""
    return f"{objective.name} ({objective.unit})" if objective.unit else objective.name


def measured(proposal: "Proposal", objective: "Objective") -> float | None:
    """Value of a proposal in the unit of an objective; None where it is not known."""
    if objective.kind == "target":
        return proposal.predictions[objective.quantity].value
    if objective.kind == "label":
        return dict(objective.labels).get(str(proposal.candidate.site))
    found = proposal.facts.get(objective.quantity)
    return None if found is None else float(found)


def trade_offs(found: "Proposals") -> dict[str, Any] | None:
    """Plain values of the figure of the front, for the page's script.

    Returns
    -------
    dict or None
        ``axes`` (one for each objective that counts) and ``points`` (front and proposals, ``v`` in
        the order of the axes, None for a gap). None where fewer than two objectives count.
    """
    objectives = counted(found)
    if len(objectives) < 2 or not (found.front or len(found)):
        return None
    listed = {str(p.candidate): p for p in found}
    points = [
        _point(f.candidate, f.score, 0, True, [f.values.get(o.name, math.nan) for o in objectives])
        for f in found.front
        if f.candidate not in listed
    ]
    for p in found:
        values = [measured(p, o) for o in objectives]
        points.append(_point(str(p.candidate), p.score, p.rank, p.front == 1, values))
    return {
        "axes": [_axis(o, [q["v"][i] for q in points]) for i, o in enumerate(objectives)],
        "points": points,
    }


def _point(
    candidate: str, score: float, rank: int, front: bool, values: list[float] | list[float | None]
) -> dict[str, Any]:
    known = [v if v is not None and math.isfinite(v) else None for v in values]
    return {"name": site_of(candidate), "score": score, "rank": rank, "front": front, "v": known}


def site_of(candidate: str) -> str:
    """Site of a candidate given as text."""
    return candidate.split(";", maxsplit=1)[0]


def _axis(objective: "Objective", values: list[float | None]) -> dict[str, Any]:
    known = [v for v in values if v is not None]
    target = objective.kind == "target"
    log = (TARGETS[objective.quantity].scale if target else objective.scale) != "linear"
    window = objective.direction == "window"
    better = {"low": "less is better", "high": "more is better", "window": "window shaded"}
    return {
        "name": objective.name,
        "title": f"{objective_title(objective)}, {better[objective.direction]}",
        "unit": objective.unit or "",
        "log": log and bool(known) and min(known) > 0,
        "window": [objective.low, objective.high] if window else None,
        "yesno": objective.kind == "element" and is_flag(objective.quantity),
    }


def front_columns(found: "Proposals") -> tuple[str, ...]:
    """Heads of the columns of `trade_offs`."""
    return tuple(objective_title(o) for o in counted(found))


def best_scores(found: "Proposals") -> tuple[pd.Series, frozenset[str]]:
    """Score of the best candidate of each metal, and the metals whose best lies out of domain."""
    best = {m: b for m, b in found.best_by_metal.items() if math.isfinite(b.score)}
    counts = {o.quantity for o in counted(found) if o.kind == "target"}
    outside = frozenset(
        m for m, b in best.items() if any(t in counts and not p.in_domain
                                          for t, p in b.predictions.items())
    )  # fmt: skip
    return pd.Series({m: b.score for m, b in best.items()}, dtype=float), outside


def best_values(found: "Proposals") -> tuple["Objective", pd.Series] | None:
    """First predicted objective that counts, with its value at the best site of each metal."""
    for objective in counted(found):
        values = {
            m: b.predictions[objective.quantity].value
            for m, b in found.best_by_metal.items()
            if objective.kind == "target" and objective.quantity in b.predictions
        }
        if values and max(values.values()) > min(values.values()):
            return objective, pd.Series(values, dtype=float)
    return None


class Strips:
    """Intervals of one target as small drawings on one common scale.

    Parameters
    ----------
    target
        Name of the target.
    found
        The scale spans every finite end of its list, and the wish.
    """

    def __init__(self, target: str, found: "Proposals") -> None:
        self.kind = TARGETS[target]
        self.wish = next((o for o in found.objectives if o.quantity == target), None)
        ends = [
            x
            for p in found
            for q in (p.predictions.get(target), p.refined.get(target))
            if q is not None
            for x in (q.value, q.lower, q.upper)
        ]
        ends += [self.wish.low, self.wish.high] if self.wish is not None else []
        places = [v for v in map(self._forward, ends) if math.isfinite(v)]
        pad = 0.04 * ((max(places) - min(places)) or 1.0)
        self.start, self.stop = min(places) - pad, max(places) + pad

    def _forward(self, x: float) -> float:
        if not math.isfinite(x) or (self.kind.scale == "log10" and x <= 0):
            return math.copysign(math.inf, x if x else -1.0)
        return float(self.kind.forward([max(x, 0.0) if self.kind.scale != "linear" else x])[0])

    def place(self, x: float) -> float:
        """Horizontal place of a value; an infinite end lies at the edge."""
        share = (self._forward(x) - self.start) / (self.stop - self.start)
        return round(STRIP_WIDTH * min(max(share, 0.0), 1.0), 1)

    def draw(self, p: "TargetPrediction", refined: "TargetPrediction | None" = None) -> str:
        """Return an SVG: the wished range behind, the interval, its value, and that of refine."""
        middle, bottom = STRIP_HEIGHT / 2, STRIP_HEIGHT - 1
        parts = [f'<line class="axis" x1="0" x2="{STRIP_WIDTH}" y1="{bottom}" y2="{bottom}"/>']
        if self.wish is not None:
            low, high = self._wanted()
            parts.insert(0, f'<rect class="wish" x="{low}" width="{round(high - low, 1)}" y="0" '
                            f'height="{STRIP_HEIGHT}"/>')  # fmt: skip
        parts.append(f'<line class="span" x1="{self.place(p.lower)}" x2="{self.place(p.upper)}" '
                     f'y1="{middle}" y2="{middle}"/>')  # fmt: skip
        kind = "dot" if p.in_domain else "dot open"
        parts.append(f'<circle class="{kind}" cx="{self.place(p.value)}" cy="{middle}" r="5"/>')
        if refined is not None:
            x = self.place(refined.value)
            parts.append(f'<path class="second" d="M{x} 3 l5 8 l-5 8 l-5 -8 z"/>')
        return (
            f'<svg class="strip" viewBox="0 0 {STRIP_WIDTH} {STRIP_HEIGHT}" aria-hidden="true">'
            f"{''.join(parts)}</svg>"
        )

    def _wanted(self) -> tuple[float, float]:
        """Places of the wished range: the window, or from the middle of a ramp to its good end."""
        assert self.wish is not None
        if self.wish.direction == "window":
            return self.place(self.wish.low), self.place(self.wish.high)
        good = self.wish.low if self.wish.direction == "low" else self.wish.high
        edge = 0.0 if self.wish.direction == "low" else float(STRIP_WIDTH)
        return min(self.place(good), edge), max(self.place(good), edge)

    @property
    def ends(self) -> tuple[str, str]:
        """What stands at the two ends of the scale, in the unit of the target."""
        low, high = self.kind.inverse([self.start, self.stop])
        return number(float(low), 2), f"{number(float(high), 2)} {self.kind.unit}"

    @property
    def title(self) -> str:
        """Name of the target."""
        return short(self.kind)
