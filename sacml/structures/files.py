"""Structures as files: extxyz, CIF and POSCAR, each with the candidate, the place and the id in it.

::

    paths = write(build("Co-N4@graphene", "Li"), "out")      # out/structure.extxyz, ...
    atoms = read("out/POSCAR")                               # atoms.info["site"], ["place"], ...

What stands beside the atoms is the same in each format: `Structure.info`. extxyz holds it as its
own key=value pairs, CIF as data names ``_sacml_*``, POSCAR in its first line (without citation and
idealisation, for length). POSCAR sorts the atoms by element, so that its atom numbers differ;
those in its first line are its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sacml.errors import SacmlError, unknown
from sacml.structures.file_formats import READERS, WRITERS, restore

if TYPE_CHECKING:
    from ase import Atoms

    from sacml.structures.structure import Structure

FILE_NAMES: Mapping[str, str] = {
    "extxyz": "structure.extxyz",
    "cif": "structure.cif",
    "poscar": "POSCAR",
}
"""Format -> name of the file that `write` makes."""

_SUFFIXES = {".extxyz": "extxyz", ".xyz": "extxyz", ".cif": "cif", ".vasp": "poscar"}


class StructureFileError(SacmlError, ValueError):
    """A file of a structure cannot be written, or cannot be read."""


def write(
    structure: "Structure | Atoms",
    folder: str | Path,
    formats: Sequence[str] = tuple(FILE_NAMES),
) -> dict[str, Path]:
    """Write a structure in some formats; returns format -> path.

    Parameters
    ----------
    structure
        A `Structure`, or Atoms whose ``info`` already holds what is to be kept.
    formats
        Any of `FILE_NAMES`.
    """
    wrong = [f for f in formats if f not in FILE_NAMES]
    if wrong:
        raise unknown("structure format", wrong[0], tuple(FILE_NAMES))
    atoms = atoms_of(structure)
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = {name: folder / FILE_NAMES[name] for name in formats}
        for name, path in paths.items():
            WRITERS[name](path, atoms)
    except OSError as error:
        raise StructureFileError(f"cannot write to {folder}: {error.strerror or error}") from None
    except ValueError as error:
        raise StructureFileError(str(error)) from None
    return paths


def atoms_of(structure: "Structure | Atoms") -> "Atoms":
    """Writable Atoms with `info` and starting moments."""
    from ase import Atoms

    return structure.copy() if isinstance(structure, Atoms) else structure.to_atoms()


def read(path: str | Path) -> "Atoms":
    """Read a structure, its `info` as it was written; other files of ASE's formats are read too.

    Raises
    ------
    StructureFileError
        If there is no such file, it is empty, or it cannot be read; names the file and the reason.
    """
    path = Path(path)
    if not path.is_file():
        raise StructureFileError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise StructureFileError(f"{path}: the file is empty")
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is None and path.name.upper().startswith(("POSCAR", "CONTCAR")):
        kind = "poscar"
    try:
        atoms = READERS[kind or "other"](path)
        if len(atoms) == 0 or not np.isfinite(atoms.positions).all():
            raise ValueError("it holds no atoms, or positions that are no numbers")
    # the readers of ASE raise whatever their parsing meets: every kind is the file's fault here
    except Exception as error:
        what = str(error).strip().split("\n")[0] or type(error).__name__
        raise StructureFileError(
            f"{path} cannot be read as a structure ({kind or 'format by name'}): {what}; readable "
            "are extxyz, CIF, POSCAR and what ase.io.read knows by the name of the file"
        ) from None
    atoms.info = restore(atoms.info)
    return atoms


def read_all(paths: Iterable[str | Path]) -> "list[Atoms]":
    """Read several files; the error lists every file that cannot be read."""
    found, problems = [], []
    for path in paths:
        try:
            found.append(read(path))
        except StructureFileError as error:
            problems.append(str(error))
    if problems:
        listed = "\n".join(f"  {p}" for p in problems)
        total = len(found) + len(problems)
        raise StructureFileError(f"{len(problems)} of {total} files cannot be read\n{listed}")
    return found
