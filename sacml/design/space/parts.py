"""What a space is laid out in: distinct components, and blocks of their products."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sacml.domain.hosts import Host
from sacml.domain.shells import Shell

Surroundings = tuple[tuple[str, ...], tuple[tuple[str, int], ...]]
"""Axial ligands and second-shell dopants."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Distinct components of a space; blocks point into them by index."""

    centres: tuple[tuple[str, ...], ...]
    shells: tuple[Shell, ...]
    hosts: tuple[Host, ...]
    surroundings: tuple[Surroundings, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Sites of one host and one number of centres, as indices into `Parts` (int32)."""

    host: int
    centres: NDArray[np.int32]
    shells: NDArray[np.int32]
    surroundings: NDArray[np.int32]

    @property
    def size(self) -> int:
        """Number of sites in the product."""
        return len(self.centres) * len(self.shells) * len(self.surroundings)


@dataclass(frozen=True, slots=True)
class Layout:
    """Components and blocks after the constraints, with what they removed."""

    parts: Parts
    blocks: tuple[Block, ...]
    declared: int
    refused: Counter[str]

    @property
    def size(self) -> int:
        """Number of candidates."""
        return sum(block.size for block in self.blocks)
