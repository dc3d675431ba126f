"""What a user of a label has to know, in words."""

from collections.abc import Iterable

from sacml.labels.protocol import PRISTINE, start_of
from sacml.labels.task import TaskResult

LEFT_SHELL_A = 0.5
"""A bond of the centre that changes by more than this has opened."""
FORCES_LEFT_eV_A = 1.0
"""Above this, forces left at the single point's grid are worth more than about 0.05 eV (Zr)."""


def flags_of(
    best: TaskResult, bare: TaskResult, starts: list[TaskResult], opened: float | None
) -> Iterable[str]:
    """Yield a sentence for each doubt about a label.

    Parameters
    ----------
    best, bare
        Site + alkali and bare site that the label is made of.
    starts
        Every start that was tried.
    opened
        Largest change of a bond of the centre, in Angstrom.
    """
    if not best.geometry_converged:
        yield "geometry not converged"
    if not bare.geometry_converged:
        yield "geometry of the bare site not converged"
    if sum(r.ok for r in starts) < 2 and best.key.split("/")[1] != PRISTINE:
        yield "one start"
    if best.width_eV != bare.width_eV:
        yield f"occupations {best.width_eV} eV wide, those of the bare site {bare.width_eV} eV"
    elif best.scf_try:
        yield f"converged in SCF try {best.scf_try + 1} of the list"
    if (best.max_force_eV_A or 0.0) > FORCES_LEFT_eV_A:
        yield f"forces of {best.max_force_eV_A:.2f} eV/A left at the single point's grid"
    if opened is not None and opened > LEFT_SHELL_A:
        yield f"a bond of the centre changed by {opened:.2f} A"
    if best.versions.get("gpaw") != bare.versions.get("gpaw"):
        yield "site and site + alkali were computed by different versions of GPAW"
    for result in starts:
        if not result.ok:
            yield f"start {start_of(result.key)} failed: {result.failure}"
