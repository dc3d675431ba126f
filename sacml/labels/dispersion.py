"""The D3(BJ) dispersion that PBE lacks, as a share of a binding energy."""

from ase import Atoms

from sacml.labels.task import LabelError

METHOD, DAMPING = "PBE", "d3bj"


def d3_energy(atoms: Atoms) -> float:
    """D3(BJ) energy for PBE in eV, by the package ``dftd3`` (``pip install dftd3``).

    Periodic along all axes, as the bundled values are (datasets/dft).
    """
    try:
        from dftd3.ase import DFTD3
    except ImportError:
        raise LabelError(
            "the D3 share needs the package dftd3: pip install dftd3, or leave d3 out"
        ) from None
    copy = atoms.copy()
    copy.pbc = True
    copy.calc = DFTD3(method=METHOD, damping=DAMPING)
    return float(copy.get_potential_energy())


def d3_share(with_alkali: Atoms, bare: Atoms) -> float:
    """D3 share in eV of the binding energy against the isolated atom; add it to have it with D3."""
    return d3_energy(with_alkali) - d3_energy(bare)
