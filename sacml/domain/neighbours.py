"""What counts as a neighbour of a centre: distances in units of the sum of the covalent radii."""

from collections.abc import Sequence

BONDED = 1.25
"""Two atoms farther apart than this part of the sum of their covalent radii are not bonded."""
LINKED = 1.15
"""The same among the neighbours of a centre. `BONDED` leaves room for the long bonds of metals;
between two non-metals it would call atoms bonded that face each other across a vacancy."""
SHADOW = 0.12
"""An atom linked to a nearer neighbour of the centre, nearer by this part, is no neighbour."""


def unshadowed(reach: Sequence[float], apart: Sequence[Sequence[float]]) -> list[int]:
    """Which of the atoms around a centre are its neighbours.

    An atom is shadowed by a nearer one that it is linked to, if that is nearer by `SHADOW` or is
    shadowed itself: the atoms behind the first shell.

    Parameters
    ----------
    reach
        Distances (n,) to the centre, all within `BONDED`, ascending.
    apart
        Distances (n, n) between the atoms.

    Returns
    -------
    Positions of the neighbours in `reach`, ascending.
    """
    shadowed: set[int] = set()
    for k in range(len(reach)):
        if any(
            apart[j][k] < LINKED and (j in shadowed or reach[k] - reach[j] > SHADOW)
            for j in range(k)
        ):
            shadowed.add(k)
    return [k for k in range(len(reach)) if k not in shadowed]
