"""Which files below a folder are calculations, and which reader takes each."""

from collections.abc import Iterator
from os import walk
from pathlib import Path

from sacml.data.importers import calculations_cp2k as cp2k
from sacml.data.importers import calculations_espresso as espresso
from sacml.data.importers import calculations_gpaw as gpaw
from sacml.data.importers import calculations_vasp as vasp
from sacml.data.importers.calculations_entry import Entry, Left
from sacml.data.importers.calculations_frames import read_database, read_extxyz
from sacml.errors import SacmlError

FRAMES, DATABASES = (".extxyz", ".xyz"), (".db",)
TEXTS = (".out", ".txt", ".log", ".pwo", "")
"""Endings under which the text output of a code is looked for."""
_HEAD = 20_000
_FORMATS = (
    "VASP (vasprun.xml, OUTCAR), Quantum ESPRESSO (output of pw.x), CP2K (output with its input), "
    "GPAW (.gpw, .txt, .traj), .extxyz and ASE databases (.db)"
)


def read_entries(path: Path, energy: str | None = None) -> Iterator[Entry | Left]:
    """Read every calculation in a file or below a folder.

    Parameters
    ----------
    path
        A folder, searched to any depth, or one file.
    energy
        Key of the energy in the frames of extended XYZ files and databases.

    Raises
    ------
    SacmlError
        If nothing is there, or nothing there is a calculation that can be read.
    """
    if not path.exists():
        raise SacmlError(f"{path} does not exist; give a folder of calculations or one file")
    number = 0
    if path.is_file():
        for found in _read_file(path, path.name, energy):
            number += 1
            yield found
    else:
        for folder, below, names in walk(path):
            below.sort()
            for found in _read_folder(Path(folder), path, sorted(names), energy):
                number += 1
                yield found
    if not number:
        raise SacmlError(f"{path} holds no finished calculation; read are {_FORMATS}")


def _read_folder(
    folder: Path, root: Path, names: list[str], energy: str | None
) -> Iterator[Entry | Left]:
    def label(path: Path) -> str:
        return path.relative_to(root).as_posix()

    here = folder.relative_to(root).as_posix()
    vasp_name = next((n for n in ("vasprun.xml", "OUTCAR") if n in names), None)
    if vasp_name:
        yield from _read_file(folder / vasp_name, label(folder / vasp_name), energy)
        names = [n for n in names if n not in ("vasprun.xml", "OUTCAR")]
    elif "INCAR" in names and "POSCAR" in names:
        yield Left(here, "inputs of VASP without vasprun.xml or OUTCAR: not run, or not copied")
    paths = [folder / n for n in names]
    kept = _one_per_gpaw_run(paths)
    for path in kept:
        yield from _read_file(path, label(path), energy)


def _one_per_gpaw_run(paths: list[Path]) -> list[Path]:
    """Leave out text outputs and trajectories of a run whose restart file is there.

    The text of a run whose SCF failed stays: it says more than the restart file of another run.
    """
    restarts = [p for p in paths if p.suffix == ".gpw"]
    texts = [p for p in paths if p.suffix in TEXTS and _kind(p) == "gpaw"]
    trajectories = [p for p in paths if p.suffix == ".traj"]
    single = len(restarts) <= 1 and len(texts) <= 1 and len(trajectories) <= 1
    stems = {p.stem for p in restarts}
    out: set[Path] = set()
    for path in texts:
        if restarts and (single or path.stem in stems):
            out.add(path)
    stems |= {p.stem for p in texts}
    for path in trajectories:
        if (restarts or texts) and (single or path.stem in stems):
            out.add(path)
    return [p for p in paths if p not in out]


def _kind(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return None
    if espresso.MARK.encode() in head:
        return "espresso"
    if cp2k.MARK.encode() in head:
        return "cp2k"
    if b"|__ |  _|___|_____|" in head:
        return "gpaw"
    return None


def _read_file(path: Path, name: str, energy: str | None) -> Iterator[Entry | Left]:
    suffix = path.suffix.lower()
    if suffix == ".xml":
        yield vasp.read_vasprun(path, name)
    elif "OUTCAR" in path.name:
        yield vasp.read_outcar(path, name)
    elif suffix == ".gpw":
        yield gpaw.read_gpw(path, name)
    elif suffix == ".traj":
        yield gpaw.read_trajectory(path, name)
    elif suffix in FRAMES:
        if path.parent.joinpath("INCAR").exists() or "-pos-" in path.name:
            return  # the path of a relaxation, not its result
        yield from read_extxyz(path, name, energy)
    elif suffix in DATABASES:
        yield from read_database(path, name, energy)
    elif suffix in TEXTS:
        kind = _kind(path)
        if kind is None:
            return
        text = path.read_text(encoding="utf-8", errors="replace")
        reader = {"espresso": espresso.read_pw, "cp2k": cp2k.read_output, "gpaw": gpaw.read_text}
        yield reader[kind](path, name, text)
