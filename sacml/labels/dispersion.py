"""The D3(BJ) dispersion that PBE lacks, computed after the fact on relaxed structures."""

from dataclasses import dataclass

from ase import Atoms

from sacml.labels.metals import bulk_metal
from sacml.labels.task import TaskResult
from sacml.labels.textual import LabelError

METHOD, DAMPING = "PBE", "d3bj"
HOW = "pip install 'sacml[engines]'"
DONE = "computed"
NOT_ASKED = "not asked for"


@dataclass(frozen=True, slots=True)
class Dispersion:
    """D3 share in eV of a binding energy; to be added to have it with D3.

    Attributes
    ----------
    atom_eV, bulk_eV
        Against the isolated atom, which has none, and against the bulk metal per atom; None where
        it was not computed.
    status
        ``computed``, or why a share is missing.
    """

    atom_eV: float | None = None
    bulk_eV: float | None = None
    status: str = NOT_ASKED


def dispersion(best: TaskResult, bare: TaskResult, bulk: TaskResult | None) -> Dispersion:
    """D3 share of a binding energy from the final structures; never a reason to lose the label.

    Parameters
    ----------
    best, bare
        Site with the alkali, and bare site.
    bulk
        Bulk alkali metal at its lattice constant; None where there is none.
    """
    level = best.level_of_theory.partition("//")[0]
    if not level.endswith(f"/{METHOD}"):
        return Dispersion(status=f"not computed: D3 is for {METHOD}, not for {level}")
    try:
        atom = d3_share(best.atoms(), bare.atoms())
    except LabelError as error:
        return Dispersion(status=f"not computed: {error}")
    try:
        metal = None if bulk is None or not bulk.ok else _per_atom(bulk)
    except LabelError as error:
        return Dispersion(atom, status=f"not computed against the bulk: {error}")
    if metal is None:
        return Dispersion(atom, status="not computed against the bulk: no bulk reference")
    return Dispersion(atom, atom - metal, DONE)


def d3_energy(atoms: Atoms) -> float:
    """D3(BJ) energy for PBE in eV, by the package ``dftd3``.

    Periodic along all axes, as the bundled values are (datasets/dft).

    Raises
    ------
    LabelError
        If the package is missing, or refuses the structure.
    """
    try:
        from dftd3.ase import DFTD3
    except ImportError:
        raise LabelError(f"the package dftd3 is missing ({HOW})") from None
    copy = atoms.copy()
    copy.pbc = True
    copy.calc = DFTD3(method=METHOD, damping=DAMPING)
    try:
        return float(copy.get_potential_energy())
    except (RuntimeError, ValueError, TypeError) as error:
        raise LabelError(f"dftd3 refuses {copy.get_chemical_formula()}: {error}") from None


def d3_share(with_alkali: Atoms, bare: Atoms) -> float:
    """D3 share in eV of the binding energy against the isolated atom; add it to have it with D3."""
    return d3_energy(with_alkali) - d3_energy(bare)


def plus(energy_eV: float | None, share_eV: float | None) -> float | None:
    """Sum of an energy and a share; None where either is missing."""
    return None if energy_eV is None or share_eV is None else energy_eV + share_eV


def _per_atom(bulk: TaskResult) -> float:
    """D3 energy per atom of a bulk metal at the minimum of its lattice scan."""
    atoms = bulk_metal(bulk.key.rpartition("/")[2], bulk.lattice_A)
    return d3_energy(atoms) / len(atoms)
