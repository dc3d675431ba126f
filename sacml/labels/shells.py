"""Whether a site is still itself once the alkali is on it.

An alkali atom can push a weakly held metal out of its place and take it (lithium on Zn-N4, on
Co-O4). The energy of that state is no binding energy on the site, however low it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.data import covalent_radii

BROKEN = 1.25
"""A bond is open above this multiple of the sum of its covalent radii (B. Cordero et al., Dalton
Trans. 2008, 2832, as in ASE). Of the starts in datasets/dft the intact ones reach 1.12, those that
lost their metal 1.36 and 1.65."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a start ended: where it began, whether it is converged and its shell whole."""

    place: str
    converged: bool
    kept: bool


def shell_kept(atoms: Atoms, centre: Sequence[int], shell: Sequence[int]) -> bool:
    """Whether every atom of the first shell is still bonded to a centre; True without a centre."""
    if not len(centre) or not len(shell):
        return True
    radii = covalent_radii[atoms.numbers]
    reach = np.array([
        atoms.get_distances(s, list(centre), mic=True) / (radii[s] + radii[list(centre)])
        for s in shell
    ])  # fmt: skip
    return bool((reach.min(axis=1) <= BROKEN).all())


def counted(starts: Sequence[Ended]) -> list[bool]:
    """Whether each start of a pair may be its label.

    Not one that lost its shell, and not one that stopped on the way there: begun at the same place
    and not converged.
    """
    leading_out = {s.place for s in starts if not s.kept}
    return [s.kept and (s.converged or s.place not in leading_out) for s in starts]
