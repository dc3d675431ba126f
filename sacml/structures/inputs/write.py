"""Write the inputs of several codes."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sacml.errors import unknown
from sacml.structures.inputs import cp2k, espresso, gpaw, vasp
from sacml.structures.inputs.protocol import InputError, Job, Settings

if TYPE_CHECKING:
    from ase import Atoms

    from sacml.structures.structure import Structure

_FILES: Mapping[str, Callable[[Job, Settings], Mapping[str, str]]] = {
    "vasp": vasp.files,
    "espresso": espresso.files,
    "cp2k": cp2k.files,
    "gpaw": gpaw.files,
}
CODES: tuple[str, ...] = tuple(_FILES)
"""Codes that inputs are written for."""


def write_inputs(
    structure: "Structure | Atoms",
    folder: str | Path,
    codes: Sequence[str] = CODES,
    settings: Settings | None = None,
) -> dict[str, tuple[Path, ...]]:
    """Write a folder of inputs for each code; returns code -> files.

    Parameters
    ----------
    structure
        A `Structure`, or Atoms with starting moments.
    codes
        Any of `CODES`.

    Raises
    ------
    InputError
        If the structure has no cell, or a setting is no number above 0.
    """
    settings = settings or Settings()
    for code in codes:
        if code not in CODES:
            raise unknown("DFT code", code, CODES)
    job = Job.of(structure, settings)
    written: dict[str, tuple[Path, ...]] = {}
    try:
        for code in codes:
            paths = []
            for name, text in _FILES[code](job, settings).items():
                path = Path(folder) / code / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                paths.append(path)
            written[code] = tuple(paths)
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror or error}") from None
    return written
