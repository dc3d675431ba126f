"""What is tried again after a failure, and how much gentler: one table.

Nothing here changes what a label means: cutoff, functional, k-points and convergence criteria
stay. Step lengths, numbers of steps, empty bands, density mixing and limits of time and memory do
not enter an energy that converged, nor does the spread of a lattice scan that has a minimum. The
settings' own ``retry_tries`` may widen the occupations;
the result then says so (``width_eV``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import FAILURES

STOPPING = ("missing_program", "disk")
"""Failures that every other task would meet too: the campaign stops and nothing is stored."""
PENDING = ("waiting",)
"""No failure: the result comes later from outside, and is looked for in the next run."""
HARMLESS = ("max_step_A", "max_steps", "extra_bands", "bulk_scales")
"""Settings a rule may change; of ``bulk_scales`` the spread is what a factor acts on."""


@dataclass(frozen=True, slots=True)
class Again:
    """One more run of a task that failed.

    Attributes
    ----------
    why
        What the change is for.
    gentler
        Whether the engine is told that this is no first attempt: it then takes the settings'
        ``retry_tries`` and shorter steps.
    scale
        Fields of `HARMLESS` and what the campaign's own values are multiplied by.
    time, memory
        Factors on the campaign's limits.
    """

    why: str
    gentler: bool = False
    scale: Mapping[str, float] = field(default_factory=dict)
    time: float = 1.0
    memory: float = 1.0


SHORT = {"max_step_A": 0.5, "max_steps": 2}
SHORTER = {"max_step_A": 0.25, "max_steps": 4}
RULES: Mapping[str, tuple[Again, ...]] = {
    "scf": (
        Again("slower mixing, more iterations", gentler=True, time=2),
        Again("slower mixing, empty bands, short steps", True, {"extra_bands": 3, **SHORT}, time=3),
    ),
    "exploded": (
        Again("short steps", scale=SHORT, time=2),
        Again("shorter steps, slower mixing", True, SHORTER, time=4),
    ),
    # the minimum is still that of the points next to it (`lattice_minimum`)
    "no_minimum": (Again("wider lattice scan", scale={"bulk_scales": 3}, time=2),),
    "time_out": (Again("twice the time", time=2), Again("four times the time", time=4)),
    "memory": (Again("1.5 times the memory", memory=1.5), Again("twice the memory", memory=2)),
    "killed": (Again("the same again"), Again("the same again")),
    "crashed": (Again("the same again"), Again("slower mixing, shorter steps", gentler=True)),
}
"""Failure -> what each further run changes, in order; a failure that is not listed is final."""

assert set(RULES) | set(STOPPING) | set(PENDING) <= set(FAILURES)
assert all(set(again.scale) <= set(HARMLESS) for rule in RULES.values() for again in rule)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a task is run.

    Attributes
    ----------
    number
        0 for the first run.
    settings
        The campaign's, with what the rules changed.
    gentler, time, memory, why
        As in `Again`; what an earlier rule has changed stays changed.
    """

    number: int
    settings: ProtocolSettings
    gentler: bool = False
    time: float = 1.0
    memory: float = 1.0
    why: str = ""

    def changed(self, base: ProtocolSettings) -> dict[str, Any]:
        """Return what differs from a first run, in plain values."""
        now, then = self.settings.to_dict(), base.to_dict()
        found: dict[str, Any] = {k: v for k, v in now.items() if v != then[k]}
        if self.gentler:
            found["gentler"] = True
        for name in ("time", "memory"):
            if (factor := getattr(self, name)) != 1:
                found[f"{name}_limit_factor"] = factor
        return found


def next_attempt(
    failures: Sequence[str],
    settings: ProtocolSettings,
    max_tries: int = 3,
    rules: Mapping[str, tuple[Again, ...]] = RULES,
) -> Attempt | None:
    """Decide how a task is run next.

    Parameters
    ----------
    failures
        Word of each failed run so far, in order.
    max_tries
        Most runs of one task, the first included.

    Returns
    -------
    None where the failure is final.
    """
    if not failures:
        return Attempt(0, settings)
    if len(failures) >= max_tries:
        return None
    steps = []
    for i, word in enumerate(failures):
        # each kind of failure goes through its own list, whatever else happened between
        rule, used = rules.get(word, ()), failures[:i].count(word)
        if used < len(rule):
            steps.append(rule[used])
        elif i == len(failures) - 1:
            return None
    scale: dict[str, float] = {}
    for step in steps:
        scale |= step.scale
    return Attempt(
        len(failures),
        _scaled(settings, scale),
        any(step.gentler for step in steps),
        max(step.time for step in steps),
        max(step.memory for step in steps),
        steps[-1].why,
    )


def _scaled(settings: ProtocolSettings, scale: Mapping[str, float]) -> ProtocolSettings:
    if not scale:
        return settings
    values = settings.to_dict()
    for name, factor in scale.items():
        was = values[name]
        if name == "bulk_scales":
            values[name] = wider(was, factor)
        else:
            values[name] = round(was * factor) if isinstance(was, int) else was * factor
    return ProtocolSettings.from_dict(values)


def wider(scales: Sequence[float], factor: float) -> list[float]:
    """Spread a lattice scan by a factor about its middle, with twice as many steps.

    In the logarithm, so that every scale stays above 0.
    """
    logs = np.log(np.array(scales))
    middle, half = logs.mean(), factor * (logs[-1] - logs[0]) / 2
    points = np.exp(np.linspace(middle - half, middle + half, 2 * len(scales) - 1))
    return [round(float(p), 6) for p in points]
