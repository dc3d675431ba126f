"""A structure with the number to learn, and a set of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from sacml.errors import SacmlError

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 20


@dataclass(frozen=True, slots=True)
class SampleProblem:
    """Why a frame cannot be used."""

    frame: str
    """File and number or name of the frame."""
    problem: str

    def __str__(self) -> str:
        return f"{self.frame}: {self.problem}"


class SampleError(SacmlError, ValueError):
    """Some frames cannot be used; all are listed at once.

    Attributes
    ----------
    problems
        One entry per frame and reason.
    """

    def __init__(self, source: str, problems: Sequence[SampleProblem], total: int) -> None:
        self.problems = tuple(problems)
        n = len({p.frame for p in problems})
        lines = [f"  {p}" for p in self.problems[:SHOWN]]
        if len(self.problems) > SHOWN:
            lines.append(f"  ... and {len(self.problems) - SHOWN} more")
        super().__init__(
            f"{source}: {n} of {total} frames cannot be used; mend them, or train on the rest "
            "with --leave-out-bad\n" + "\n".join(lines)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One structure with what is known of it.

    Attributes
    ----------
    frame
        File and number or name of the frame it was read from.
    atoms
        The structure, angstrom.
    value
        The number to learn in the unit of the set, or None where it is asked for.
    adsorbate
        Name of what is adsorbed, in the structure or not; empty for none.
    group, split
        Words of the columns that group the samples and that hold a predefined split.
    """

    frame: str
    atoms: Atoms
    value: float | None
    adsorbate: str = ""
    group: str = ""
    split: str = ""

    def identity(self) -> str:
        """Digest of species, positions, cell and adsorbate: equal for the same sample read twice.

        Positions are taken to 0.001 angstrom, in the order of the file.
        """
        total = hashlib.sha256(self.adsorbate.encode())
        total.update(self.atoms.numbers.astype("<i4").tobytes())
        for numbers in (self.atoms.positions, np.asarray(self.atoms.cell)):
            total.update(np.round(numbers * 1000.0).astype("<i8").tobytes())
        total.update(self.atoms.pbc.tobytes())
        return total.hexdigest()


@dataclass(frozen=True, eq=False)
class Samples:
    """A set of samples with one target.

    Attributes
    ----------
    source
        File or folder they come from.
    target, unit
        Name of the number and its unit.
    samples
        In the order of the source.
    left_out
        Frames that cannot be used, with the reason.
    notices
        What a user should know but need not mend.
    """

    source: str
    target: str
    unit: str
    samples: tuple[Sample, ...]
    left_out: tuple[SampleProblem, ...] = ()
    notices: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def name(self) -> str:
        """Last part of the source, as a tracked run calls it."""
        return Path(self.source).name

    def frame(self) -> "pd.DataFrame":
        """Return frame, adsorbate, group and value in a data frame."""
        import pandas as pd

        rows = [(s.frame, s.adsorbate, s.group, s.value) for s in self.samples]
        return pd.DataFrame(rows, columns=["frame", "adsorbate", "group", self.target])

    @cached_property
    def y(self) -> NDArray[np.float64]:
        """Values (n,); NaN where none is known."""
        return np.array([np.nan if s.value is None else s.value for s in self.samples])

    @cached_property
    def digest(self) -> str:
        """SHA-256 over structures, adsorbates and values."""
        total = hashlib.sha256()
        for s in self.samples:
            total.update(f"{s.identity()}{s.value!r}{s.group}{s.split}".encode())
        return total.hexdigest()
