"""Candidates of a layout by their position, without enumerating those before them."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sacml.design.space.parts import Layout
from sacml.domain.conditions import CELLS, ELECTROLYTES, ROLES, Conditions
from sacml.domain.elements import ALKALI
from sacml.domain.modifiers import SITE_CLASSES, Modifier
from sacml.errors import DesignError

if TYPE_CHECKING:
    from sacml.features import CandidateTable


def decode(layout: Layout, positions: NDArray[np.int64]) -> tuple[NDArray[np.int32], ...]:
    """Return centre, shell, host and surrounding indices of the candidates at positions (n,).

    Raises
    ------
    DesignError
        For a position outside 0 to size - 1.
    """
    ends = np.cumsum([block.size for block in layout.blocks])
    if positions.size and (positions.min() < 0 or positions.max() >= ends[-1]):
        raise DesignError(f"positions lie between 0 and {ends[-1] - 1}")
    out = tuple(np.empty(len(positions), dtype=np.int32) for _ in range(4))
    which = np.searchsorted(ends, positions, side="right")
    for number in np.unique(which):
        block, mask = layout.blocks[number], which == number
        within = positions[mask] - (ends[number] - block.size)
        # centres run fastest, so that any stretch of the space sees many metals
        within, centre = np.divmod(within, len(block.centres))
        shell, around = np.divmod(within, len(block.surroundings))
        out[0][mask] = block.centres[centre]
        out[1][mask] = block.shells[shell]
        out[2][mask] = block.host
        out[3][mask] = block.surroundings[around]
    return out


def encode(layout: Layout, indices: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return the position of candidates by centre, shell, host and surrounding index (n, 4).

    -1 for what the layout does not hold.
    """
    out, offset = np.full(len(indices), -1, dtype=np.int64), 0
    for block in layout.blocks:
        columns = (block.centres, block.shells, block.surroundings)
        for i in np.flatnonzero(indices[:, 2] == block.host):
            centre, shell, around = indices[i, [0, 1, 3]]
            found = [np.flatnonzero(c == x) for c, x in
                     zip(columns, (centre, shell, around), strict=True)]  # fmt: skip
            if all(map(len, found)):
                c, s, a = (int(f[0]) for f in found)
                out[i] = offset + (s * len(columns[2]) + a) * len(columns[0]) + c
        offset += block.size
    return out


def table(
    layout: Layout, positions: NDArray[np.int64], alkali: str, conditions: Conditions
) -> "CandidateTable":
    """Return the candidates at positions (n,), all with one alkali metal and set of conditions."""
    from sacml.features import CandidateTable

    n, parts = len(positions), layout.parts
    centre, shell, host, around = decode(layout, positions)

    def number(value: float | None) -> NDArray[np.float64]:
        return np.full(n, np.nan if value is None else value)

    def word(value: str | None, allowed: tuple[str, ...]) -> NDArray[np.int8]:
        return np.full(n, -1 if value is None else allowed.index(value), dtype=np.int8)

    return CandidateTable(
        centres=parts.centres,
        centre_index=centre,
        shells=parts.shells,
        shell_index=shell,
        hosts=parts.hosts,
        host_index=host,
        surroundings=parts.surroundings,
        surrounding_index=around,
        modifiers=tuple(Modifier(SITE_CLASSES[len(c) - 1], c) for c in parts.centres),
        modifier_index=centre,
        alkali_index=np.full(n, ALKALI.index(alkali), dtype=np.int8),
        current_density_mA_cm2=number(conditions.current_density_mA_cm2),
        areal_capacity_mAh_cm2=number(conditions.areal_capacity_mAh_cm2),
        temperature_C=number(conditions.temperature_C),
        electrolyte_index=word(conditions.electrolyte, ELECTROLYTES),
        cell_index=word(conditions.cell, CELLS),
        role_index=word(conditions.role, ROLES),
    )
