"""Named objectives: what is wanted of a candidate, in which direction, and how much it counts."""

from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import field_validator, model_validator

from sacml.design import supply
from sacml.design._base import Frozen
from sacml.design.objectives.desirability import expected_ramp, interval_width, window_probability
from sacml.design.objectives.words import element_wish, number
from sacml.domain.targets import TARGETS

Array = NDArray[np.float64]


class Objective(Frozen):
    """One thing that is wanted.

    The desirability is ``d = floor + (1 - floor) p``, with p between 0 and 1. `window`: p is the
    probability that the quantity lies between `low` and `high`. `low` and `high`: p is the mean,
    over the predicted distribution, of a ramp between the two ends on the modelling scale (0 at
    the bad end, 1 at the good one). The distribution is normal on the modelling scale, its width
    taken from the 90 % interval; an interval that is infinite at both ends counts as the limit of
    ever wider ones (p = 0 for a window, 1/2 for a ramp). An element property has no width.

    Attributes
    ----------
    name
        Unique among the objectives of a ranking.
    kind
        `target` (predicted), `element` (a property of the centres; the worst centre counts) or
        `label` (computed values of some sites, nothing for the others).
    quantity
        Name of the target or of the element property (see also `sacml.design.supply.RANKS`).
    direction
        `low`, `high` or `window`.
    low, high
        Ends of the ramp or of the window, in `unit`.
    unit
        Unit of the quantity; must be that of the target or of the element table.
    weight
        Exponent in the geometric mean, above 0.
    scale
        Scale of an element property, `linear` or `log10`; a target brings its own.
    floor
        Desirability of the worst there is, above 0, so that one objective cannot make all equal.
    gap
        How an element or a label that is not known counts: as the `worst` there is, as the
        `middle` (p = 1/2, the limit of ever wider intervals), or as the `mean` of the labels'
        desirabilities, so that a site gains nothing by having been computed.
    labels
        Of kind `label`: sites as text with their values in `unit`.
    source
        Where the ends come from.
    """

    name: str
    kind: Literal["target", "element", "label"]
    quantity: str
    direction: Literal["low", "high", "window"]
    low: float
    high: float
    unit: str | None
    weight: float = 1.0
    scale: Literal["linear", "log10"] = "linear"
    floor: float = 0.01
    gap: Literal["worst", "middle", "mean"] = "worst"
    labels: tuple[tuple[str, float], ...] = ()
    source: str = "given by the user"

    @field_validator("weight")
    @classmethod
    def _positive(cls, given: float) -> float:
        if not (np.isfinite(given) and given > 0):
            raise ValueError(f"{given}: a weight lies above 0; leave out what shall not count")
        return given

    @field_validator("floor")
    @classmethod
    def _small(cls, given: float) -> float:
        if not 0 < given < 1:
            raise ValueError(f"{given}: a floor lies between 0 and 1, e.g. 0.01")
        return given

    @model_validator(mode="after")
    def _check(self) -> "Objective":
        if (self.kind == "label") != bool(self.labels):
            raise ValueError(
                f"{self.name}: labels belong to an objective of kind 'label', which needs some"
            )
        if self.gap == "mean" and self.kind != "label":
            raise ValueError(
                f"{self.name}: gap 'mean' is the mean of labels, given for an objective of kind "
                f"{self.kind!r}; write 'worst' or 'middle'"
            )
        if self.kind != "element":
            from sacml.domain.targets import target

            unit: str | None = target(self.quantity).unit
            if self.scale != "linear":
                raise ValueError(
                    f"{self.name}: a target brings its own scale; leave out scale={self.scale!r}"
                )
        else:
            unit = supply.unit_of(self.quantity)
        if self.unit != unit:
            raise ValueError(
                f"{self.name}: unit {self.unit!r} of {self.quantity}: it is kept in {unit!r}"
            )
        if np.isnan(self.low) or np.isnan(self.high) or self.low >= self.high:
            raise ValueError(
                f"{self.name}: {'window ' * (self.direction == 'window')}upside down: low "
                f"{self.low:g} is not below high {self.high:g}; swap or widen them"
            )
        ends = self.forward([self.low, self.high])
        if self.direction != "window" and not np.isfinite(ends).all():
            raise ValueError(
                f"{self.name}: low {self.low:g} and high {self.high:g} need finite ends on the "
                f"scale of {self.quantity}"
            )
        return self

    def forward(self, values: ArrayLike) -> Array:
        """Transform values in `unit` to the modelling scale."""
        if self.kind != "element":
            return TARGETS[self.quantity].forward(values)
        x = np.asarray(values, dtype=float)
        if self.scale == "linear":
            return x
        with np.errstate(divide="ignore"):
            return np.log10(x)

    def of_prediction(
        self, value: ArrayLike, lower: ArrayLike, upper: ArrayLike, level: float
    ) -> tuple[Array, Array]:
        """Return the desirability of predictions, and how wide they are.

        Parameters
        ----------
        value, lower, upper
            In `unit`, shape (n,).
        level
            Probability of the intervals.

        Returns
        -------
        desirability, width
            Shape (n,) each; the width is the standard deviation on the modelling scale, infinite
            where the interval sets no bounds.
        """
        mean, low = self.forward(value), self.forward(lower)
        if self.kind == "target" and TARGETS[self.quantity].scale != "linear":
            # the interval of a positive quantity is cut off at zero: such an end says nothing
            low = np.where(np.asarray(lower, dtype=float) <= 0, -np.inf, low)
        width = interval_width(mean, low, self.forward(upper), level)
        return self.floor + (1.0 - self.floor) * self._probability(mean, width), width

    def of_elements(self, values: ArrayLike) -> Array:
        """Return the desirability of element values or labels; `gap` says what NaN counts as."""
        x = np.asarray(values, dtype=float)
        gap = np.isnan(x)
        mean = self.forward(np.where(gap, self.low, x))
        p = np.where(gap, self._missing(), self._probability(mean, np.zeros_like(mean)))
        return np.asarray(self.floor + (1.0 - self.floor) * p)

    def _missing(self) -> float:
        """Probability that stands for what is not known."""
        if self.gap != "mean":
            return 0.0 if self.gap == "worst" else 0.5
        known = self.forward([value for _, value in self.labels])
        return float(self._probability(known, np.zeros_like(known)).mean())

    def _probability(self, mean: Array, width: Array) -> Array:
        low, high = (float(x) for x in self.forward([self.low, self.high]))
        if self.direction == "window":
            return window_probability(mean, width, low, high)
        bad, good = (high, low) if self.direction == "low" else (low, high)
        return expected_ramp(mean, width, bad, good)

    @property
    def gap_in_words(self) -> str:
        """What a value that is not known counts as."""
        return {"worst": "the worst there is", "middle": "the middle",
                "mean": "the mean of the labels"}[self.gap]  # fmt: skip

    @property
    def wish(self) -> str:
        """What is wanted, in words with units."""
        unit = f" {self.unit}" if self.unit else ""
        if self.direction == "window":
            return f"between {number(self.low, 4)} and {number(self.high, 4)}{unit}"
        good, bad = (self.low, self.high) if self.direction == "low" else (self.high, self.low)
        if self.kind == "element":
            return element_wish(self.quantity, self.direction, good, bad, self.unit)
        return f"{self.direction}: best at {number(good, 4)}{unit}, worst at {number(bad, 4)}{unit}"


def check_objectives(objectives: Iterable[Objective], targets: Iterable[str]) -> None:
    """Raise unless the objectives are named apart and each predicted one has a surrogate."""
    from sacml.errors import DesignError

    given, models = tuple(objectives), tuple(targets)
    names = [o.name for o in given]
    if not given:
        raise DesignError("there is no objective to rank by; give at least one")
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise DesignError(f"objectives of the same name: {', '.join(twice)}; rename one of each")
    without = [o for o in given if o.kind == "target" and o.quantity not in models]
    if without:
        raise DesignError(
            "objectives without a model: "
            + ", ".join(f"{o.name} (needs {o.quantity})" for o in without)
            + f"; models are given for: {', '.join(models) or 'none'}"
        )
