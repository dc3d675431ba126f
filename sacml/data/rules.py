"""Rules that a value must keep, and rules that keep a record out of fits."""

import math

from sacml.domain import REFERENCES, Conditions, target

_CELL_TARGETS = (
    "nucleation_overpotential", "plating_overpotential", "cycle_life", "coulombic_efficiency",
    "cumulative_capacity", "capacity_retention",
)  # fmt: skip


OTHER_FIDELITY = {
    "theory_literature": "level of theory of the source",
    "dft_other_settings": "settings other than the protocol's",
    "practice": "label of an engine that is no DFT, for practice",
}
"""Fidelities of a binding energy that never enter the released labels, and why.

They may be fitted as a level of their own, see `sacml.data.training_records`.
"""


def fit_refusal(
    name: str,
    reference: str | None,
    fidelity: str,
    conditions: Conditions,
    facts: tuple[tuple[str, str], ...],
) -> str:
    """Say why a record may not enter a fit; an empty text where it may.

    Such a record stays stored, shown and queryable.
    """
    if name == "binding_energy":
        if reference == "ion":
            return "measured against the ion: never pooled with energies of neutral atoms"
        if fidelity == "theory_literature" and reference == "unstated":
            return (
                "the source states no reference state, and its level of theory is another fidelity "
                "than the released labels"
            )
        if fidelity in OTHER_FIDELITY:
            return f"{OTHER_FIDELITY[fidelity]}: another fidelity than the released labels"
        if dict(facts).get("lowest_of_starts") == "False":
            return "not the lowest of the starts tried for this site and alkali"
    if name in _CELL_TARGETS:
        if conditions.electrolyte == "solid":
            return "cell with a solid electrolyte: not comparable with liquid ones"
        if conditions.role == "ion_storage":
            return "storage of ions in the electrode: no plating of metal"
    return ""


def value_problem(name: str, value: float) -> str | None:
    """Say what is wrong with a value of a target, given in the unit of the target."""
    kind = target(name)
    low, high = kind.limits
    if math.isfinite(value) and low <= value <= high:
        return None
    if low >= 0.0 and value < 0:
        return f"wrong sign: {name} is never negative; remove the minus sign"
    return f"out of range: {name} lies between {low:g} and {high:g} {kind.unit}; check the unit"


def reference_problem(
    name: str, value: float, reference: str | None, level_of_theory: str | None
) -> str | None:
    """Say what is wrong with the reference state or level of theory of a value."""
    if name != "binding_energy":
        if reference is not None:
            return f"{name} takes no reference state; leave `reference` empty"
        return None
    if reference not in REFERENCES:
        allowed = ", ".join(REFERENCES)
        return f"a binding energy needs a reference state, one of {allowed}; given {reference!r}"
    if not level_of_theory:
        return (
            "a binding energy needs its level of theory (code and functional, or 'not stated' with "
            "the source)"
        )
    if reference == "atom" and value > 0:
        return (
            f"wrong sign: {value:g} eV against the isolated atom; negative means bound, so a "
            "printed magnitude of binding takes a minus sign"
        )
    return None
