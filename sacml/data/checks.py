"""Checks that hold across records: identities, references, levels of theory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sacml.data.derive import hours_from_cycles
from sacml.data.records import Record
from sacml.errors import MixedReferenceError, SacmlError

TOLERANCE = 0.10
"""Relative deviation from t = 2 N Q / j that is not listed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a record that a reader should know."""

    record_id: str
    check: str
    text: str


def require_poolable(records: Sequence[Record]) -> None:
    """Refuse to treat values as one population where they are not.

    Raises
    ------
    SacmlError
        If there are several targets.
    MixedReferenceError
        If energies have several reference states or levels of theory.
    """
    targets = sorted({r.target for r in records})
    if len(targets) > 1:
        raise SacmlError(
            f"values of several targets ({', '.join(targets)}) cannot be pooled; select one with "
            "select(target=...)"
        )
    if targets != ["binding_energy"]:
        return
    for what, given in (
        ("reference states", {r.reference or "" for r in records}),
        ("levels of theory", {r.level_of_theory or "" for r in records}),
    ):
        if len(given) > 1:
            shown = sorted(given)
            text = ", ".join(shown[:5]) + (", ..." if len(shown) > 5 else "")
            name = "reference" if what.startswith("ref") else "level_of_theory"
            raise MixedReferenceError(
                f"{len(records)} binding energies of {len(given)} {what} ({text}) cannot be "
                f"pooled: their differences reach electronvolts. Keep one with "
                f"select({name}={shown[0]!r})"
            )


def life_findings(records: Iterable[Record]) -> tuple[Finding, ...]:
    """List lives that do not follow from cycles, capacity and current of the same row.

    In one cycle a charge Q is plated and stripped at current j, so t = 2 N Q / j. Holds for cells
    that plate and strip the same charge: symmetric and half cells.
    """
    found = []
    for r in records:
        if r.target != "cycle_life" or r.derived or r.conditions.cell == "full":
            continue
        hours = hours_from_cycles(r.fact("cycles"), r.conditions)
        if hours is not None and abs(r.value - hours) > TOLERANCE * hours:
            text = f"{r.value:g} h are printed, but 2 x {r.fact('cycles')} cycles x Q / j = "
            found.append(Finding(r.record_id, "t = 2 N Q / j", f"{text}{hours:.4g} h"))
    return tuple(found)


def mixture_findings(records: Iterable[Record]) -> tuple[Finding, ...]:
    """List source groups whose binding energies mix reference states."""
    states: dict[str, set[str]] = {}
    for r in records:
        if r.target == "binding_energy" and r.source_group:
            states.setdefault(r.source_group, set()).add(r.reference or "")
    return tuple(
        Finding(group, "mixed references", "binding energies against " + " and ".join(sorted(s)))
        for group, s in states.items()
        if len(s) > 1 and s != {"atom", "bulk"}
    )


def audit(records: Sequence[Record]) -> tuple[Finding, ...]:
    """Run every check that lists instead of refusing."""
    return life_findings(records) + mixture_findings(records)
