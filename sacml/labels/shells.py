"""Whether a site is still itself once the alkali is on it.

An alkali atom can push a weakly held metal out of its place and take it (lithium on Zn-N4, on
Co-O4). The energy of that state is no binding energy on the site, however low it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms

from sacml.domain.elements import ALKALI
from sacml.domain.neighbours import BONDED
from sacml.domain.sites import Site
from sacml.labels.task import LabelError
from sacml.structures.checks import radii


@dataclass(frozen=True, slots=True)
class Ended:
    """How a start ended: where it began, whether it is converged and its shell whole."""

    place: str
    converged: bool
    kept: bool


def first_shell(atoms: Atoms, centre: int, site: Site) -> tuple[int, ...]:
    """Indices of the first shell: the nearest atoms by covalent radii, the alkali left out.

    Raises
    ------
    LabelError
        If they are not the elements that the site names.
    """
    asked = sorted(s for s, n in site.shell.counts for _ in range(n or 0)) if site.shell else []
    apart = atoms.get_distances(centre, range(len(atoms)), mic=True)
    radius = radii(atoms)
    reach = apart / (radius + radius[centre])
    reach[[k for k, s in enumerate(atoms.symbols) if k == centre or s in ALKALI]] = np.inf
    found = tuple(int(k) for k in np.argsort(reach)[: len(asked)])
    if sorted(str(atoms.symbols[k]) for k in found) != asked:
        near = " ".join(str(atoms.symbols[k]) for k in found)
        raise LabelError(
            f"{site}: the relaxed structure has the neighbours {near}: its shell is lost"
        )
    return found


def shell_kept(atoms: Atoms, centre: Sequence[int], shell: Sequence[int]) -> bool:
    """Whether every atom of the first shell is still bonded to a centre; True without a centre.

    A bond is open above `BONDED` times the sum of its covalent radii. Of the starts in datasets/dft
    the intact ones reach 1.12, those that lost their metal 1.36 and 1.65.
    """
    if not len(centre) or not len(shell):
        return True
    radius = radii(atoms)
    reach = np.array([
        atoms.get_distances(s, list(centre), mic=True) / (radius[s] + radius[list(centre)])
        for s in shell
    ])  # fmt: skip
    return bool((reach.min(axis=1) <= BONDED).all())


def counted(starts: Sequence[Ended]) -> list[bool]:
    """Whether each start of a pair may be its label.

    Not one that lost its shell, and not one that stopped on the way there: begun at the same place
    and not converged.
    """
    leading_out = {s.place for s in starts if not s.kept}
    return [s.kept and (s.converged or s.place not in leading_out) for s in starts]
