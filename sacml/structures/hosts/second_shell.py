"""Dopants beside the first shell."""

import numpy as np

from sacml.domain import Site
from sacml.structures.hosts.flat import nearest
from sacml.structures.hosts.pores import Pore
from sacml.structures.structure import StructureError


def dope(site: Site, hole: Pore, symbols: list[str]) -> tuple[str, ...]:
    """Write the second-shell dopants of a site into `symbols` and return what to note.

    The first dopant takes the first second-shell atom, each further one the atom whose nearest
    dopant is farthest away.

    Raises
    ------
    StructureError
        If there are more dopants than atoms bonded to the first shell.
    """
    letters = [s for s, number in site.second_shell for _ in range(number)]
    if not letters:
        return ()
    places = list(hole.second)
    if len(letters) > len(places):
        raise StructureError(
            f"{site}: {len(letters)} dopants in the second shell, but only {len(places)} atoms "
            "are bonded to the first shell"
        )
    points = hole.positions[places]
    taken: list[int] = []
    for letter in letters:
        gaps = np.zeros(len(places))
        if taken:
            vectors = nearest(points[:, None] - points[taken][None], hole.cell)
            gaps = np.linalg.norm(vectors, axis=-1).min(axis=1)
            gaps[taken] = -1.0
        best = int(np.argmax(np.round(gaps, 6)))
        taken.append(best)
        symbols[places[best]] = letter
    return (
        "The places of the second-shell dopants are not stated: they are laid as far from each "
        "other as the second shell allows.",
    )
