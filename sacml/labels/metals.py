"""Bulk crystals of the metals: where a lattice scan begins.

Structures and first lattice constants are those of ASE's table of reference states, except for the
alkali metals (bcc, constants of the bundled campaign) and what `ANTIFERROMAGNETS` says. A scan
finds the constant of the protocol itself; ratios such as c/a stay at their measured values. Ga, Te
and others whose inner coordinates the table lacks are refused by name.
"""

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.data import atomic_numbers, reference_states

from sacml.labels.task import LabelError
from sacml.structures import START_MOMENTS_MU_B

ALKALI_LATTICE_A = {"Li": 3.44, "Na": 4.20, "K": 5.28}
"""Middle of the lattice scan of the bcc alkali metals; source: the bundled campaign."""
FERROMAGNETS = ("Fe", "Co", "Ni")
"""Metals whose bulk starts with equal moments."""
ANTIFERROMAGNETS = {"Cr": ("bcc", 2.88), "Mn": ("fcc", 3.50)}
"""Metals whose bulk starts with opposite moments on its two sublattices, and the cubic lattice.

Cr: ASE's constant. Mn: the constant of the fcc test of the OpenMX data base 2019
(t-ozaki.issp.u-tokyo.ac.jp/vps_pao2019/Mn).
"""
STAND_INS = {
    "Mn": "bulk Mn is the fcc antiferromagnet (gamma), not alpha-Mn with its 58 atoms, which lies "
    "lower: the stability of Mn against its metal comes out too favourable",
    "Cr": "bulk Cr is the commensurate antiferromagnet",
}
"""What is said beside a metal whose structure is not the one it has."""


def bulk_metal(symbol: str, lattice_A: float | None = None) -> Atoms:
    """Crystal of a metal with starting moments.

    Parameters
    ----------
    lattice_A
        Lattice constant a; None takes the start of the scan.

    Returns
    -------
    Atoms
        Primitive cell; ``info`` holds ``lattice`` and ``lattice_A``.

    Raises
    ------
    LabelError
        If the structure of the metal is not known.
    """
    atoms, lattice, constant = _crystal(symbol)
    moment = abs(START_MOMENTS_MU_B.get(symbol, 0.0)) or 1.0  # any that is not 0 finds its own
    if symbol in ANTIFERROMAGNETS:
        moments = [moment, -moment]
    else:
        moments = [moment if symbol in FERROMAGNETS else 0.0] * len(atoms)
    atoms.set_initial_magnetic_moments(moments)
    if lattice_A is not None:
        atoms.set_cell(atoms.cell.array * (lattice_A / constant), scale_atoms=True)
    atoms.info = {"lattice_A": lattice_A or constant, "lattice": lattice}
    return atoms


def _crystal(symbol: str) -> tuple[Atoms, str, float]:
    """Cell of the right shape, the name of the lattice, and its constant a in Angstrom."""
    if symbol in ALKALI_LATTICE_A:
        constant = ALKALI_LATTICE_A[symbol]
        return bulk(symbol, "bcc", constant), "bcc", constant
    if symbol in ANTIFERROMAGNETS:
        lattice, constant = ANTIFERROMAGNETS[symbol]
        return _two_sublattices(symbol, lattice, constant), lattice, constant
    known = reference_states[atomic_numbers[symbol]] or {}
    lattice = str(known.get("symmetry"))
    try:
        atoms = bulk(symbol)
        constant = float(str(known["a"]))
    except (ValueError, RuntimeError, KeyError) as error:
        raise LabelError(
            f"bulk {symbol} ({lattice}) cannot be built from ASE's reference states ({error}); "
            "give the task a structure of its own, with lattice_A in its info"
        ) from None
    atoms.info = {}
    return atoms, lattice, constant


def _two_sublattices(symbol: str, lattice: str, a: float) -> Atoms:
    """Two atoms whose moments may differ: bcc as a cube, fcc as layers along z."""
    edge = a if lattice == "bcc" else a / np.sqrt(2)
    return Atoms(
        [symbol] * 2, scaled_positions=[[0, 0, 0], [0.5, 0.5, 0.5]], cell=[edge, edge, a],
        pbc=True,
    )  # fmt: skip
