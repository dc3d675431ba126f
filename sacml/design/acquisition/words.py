"""Why a candidate is labelled next, in words."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sacml.design.acquisition.batch import Expectation
from sacml.design.acquisition.posteriors import Posterior
from sacml.design.acquisition.task import Task
from sacml.design.objectives.desirability import window_probability
from sacml.design.objectives.objective import Objective
from sacml.design.objectives.words import number
from sacml.domain import target as find_target

if TYPE_CHECKING:
    from sacml.domain import Candidate


def expectations(found: Mapping[str, Posterior], row: int) -> dict[str, Expectation]:
    """Return what the models expect of a label of one row, noise of the label included."""
    out = {}
    for name, posterior in found.items():
        kind, mean = find_target(name), float(posterior.mean[row])
        spread = float(np.sqrt(posterior.variance[row] + posterior.noise))
        value, lower, upper = (float(kind.inverse(x)) for x in (mean, mean - spread, mean + spread))
        out[name] = Expectation(name, kind.unit, value, lower, upper)
    return out


class Words:
    """Reasons of the picks of one batch.

    Parameters
    ----------
    task
        What there was to choose from.
    strategy
        As used; `spread` where no model could be taught.
    inside
        Whether as many labels as are sought lie in the window that is wanted.
    top
        How many good candidates are sought.
    per_cost
        Whether gains are per core-hour.
    model
        What expects and is unsure.
    """

    def __init__(
        self, task: Task, strategy: str, inside: bool, top: int, per_cost: bool, model: str
    ) -> None:
        self.task, self.strategy, self.inside, self.top = task, strategy, inside, top
        self.model = model
        self.per_cost = per_cost and strategy != "random"
        self.to_window = strategy == "expected_improvement" and (
            task.objectives[0].direction == "window"
        )

    @property
    def unit(self) -> str:
        """Unit of the acquisition values, in words."""
        if self.strategy == "random":
            return "none"
        if self.strategy == "spread":
            unit = "distance in scaled descriptors"
        elif self.strategy == "hypervolume":
            unit = "share of the hypervolume"
        elif self.to_window:
            unit = "share of the way into the window"
        else:
            kind = find_target(self.task.objectives[0].quantity)
            unit = kind.unit if kind.scale == "linear" else f"decades of {kind.unit}"
        return unit + (" per core-hour" if self.per_cost else "")

    def __call__(
        self,
        candidate: "Candidate",
        expected: Mapping[str, Expectation],
        value: float,
        cost: float | None,
        before: int,
    ) -> str:
        """Say why a candidate was picked after `before` others."""
        sentences = [self._expects(o, expected[o.quantity]) for o in self.task.objectives
                     if o.quantity in expected]  # fmt: skip
        sentences += [self._why(value), *self._unseen(candidate)]
        if cost is not None:
            sentences.append(f"It costs {number(cost)} core-hours.")
        told = _told(before, len(self.task.waiting))
        if told and self.strategy != "random":
            apart = self.strategy == "spread"
            sentences.append(f"Far from {told}." if apart else f"Taken as known: {told}.")
        return " ".join(sentences)

    def _expects(self, wanted: Objective, e: Expectation) -> str:
        unsure = (e.upper - e.lower) / 2
        text = (
            f"The asking model ({self.model}) expects {number(e.value)} {e.unit} and is unsure by "
            f"{number(unsure)} {e.unit}; wanted {wanted.wish}"
        )
        if wanted.direction == "window":
            mean, low, high, a, b = (
                float(x)
                for x in wanted.forward([e.value, e.lower, e.upper, wanted.low, wanted.high])
            )
            chance = float(window_probability(mean, (high - low) / 2, a, b))
            text += f", of which the chance is {chance:.0%}"
        return text + "."

    def _why(self, value: float) -> str:
        shown = f"{number(value)} {self.unit}"
        if self.strategy == "spread":
            return (
                "There are too few labels to teach a model, so the batch is spread over the pool."
            )
        best = "the best label" if self.top == 1 else f"number {self.top} of the labels"
        improves = f"Expected improvement over {best}: {shown}."
        if self.to_window:
            per = " per core-hour" if self.per_cost else ""
            improves = (
                f"Expected to lie nearer to the window than {best}, by {number(value)} of its "
                f"distance{per}."
            )
            if self.inside:
                improves = "Picked for the chance of another one in the window."
        return {
            "expected_improvement": improves,
            "upper_confidence": "Improvement if the value lies two spreads on the good side: "
            f"{shown}.",
            "exploration": f"The asking model is least sure here: {shown}.",
            "hypervolume": f"Expected to add to what all objectives reach together: {shown}.",
            "greedy": "Taken for what is expected alone, however unsure.",
            "random": "Drawn by chance.",
        }[self.strategy]

    def _unseen(self, candidate: "Candidate") -> list[str]:
        """Say what of the candidate no label has met."""
        labels, site = self.task.labels, candidate.site
        new = [m for m in dict.fromkeys(site.metals) if not any(m in r.site.metals for r in labels)]
        out = [f"Nothing with {' or '.join(new)} was ever labelled."] if new else []
        if not any(r.alkali == candidate.alkali for r in labels):
            out.append(f"Nothing was ever labelled with {candidate.alkali}.")
        if site.shell and not any(r.site.shell == site.shell for r in labels):
            out.append(f"No label has the shell {site.shell}.")
        if not out and site.metals:
            n = len({(r.site, r.alkali) for r in labels if set(r.site.metals) & set(site.metals)})
            out.append(
                f"{n} label{'s' * (n != 1)} with {' or '.join(site.metals)} to compare with."
            )
        return out


def _told(before: int, waiting: int) -> str:
    parts = []
    if before:
        parts.append("the pick before it" if before == 1 else f"the {before} picks before it")
    if waiting:
        parts.append(f"{waiting} pending label{'s' * (waiting != 1)}")
    return " and ".join(parts)
