"""CP2K: the text output for the energy, the input beside it for level and structure."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ase.units import Hartree

from sacml.data.importers.calculations_entry import Entry, Left, read_atoms
from sacml.data.importers.calculations_level import NONE, Level, normal_u

if TYPE_CHECKING:
    from ase import Atoms

MARK = "CP2K|"
_ENERGY = re.compile(r"ENERGY\| Total FORCE_EVAL.*?(?:\[a\.u\.\]|\[hartree\]):?\s+([-\d.]+)")
_INPUT = re.compile(r"CP2K\| Input file name\s+(\S+)")
_SECTION = re.compile(r"^\s*&(\w+)[ \t]*([^!#\n]*)", re.MULTILINE)


def read_output(path: Path, name: str, text: str) -> Entry | Left:
    """Read the last energy of a run and the structure it belongs to."""
    energies = _ENERGY.findall(text)
    if not energies:
        return Left(name, "no energy in the output of CP2K (ENERGY| Total FORCE_EVAL): finish it")
    named = _INPUT.search(text)
    source = path.parent / Path(named[1]).name if named else None
    if source is None or not source.is_file():
        wanted = named[1] if named else "*.inp"
        return Left(name, f"the input {wanted} does not lie beside the output of CP2K: it holds "
                    "structure and level of theory; put it there")  # fmt: skip
    given = _comments_out(source.read_text(encoding="utf-8", errors="replace"))
    problems = []
    last = text[: text.rindex("ENERGY| Total")].rpartition("ENERGY| Total")[2]
    if "SCF run NOT converged" in last:
        problems.append("the SCF did not converge (the output says: SCF run NOT converged)")
    if "PROGRAM ENDED AT" not in text:
        problems.append("the output is cut short: it does not end with PROGRAM ENDED AT")
    relaxed = re.search(r"RUN_TYPE\s+(GEO_OPT|CELL_OPT|GEOMETRY_OPTIMIZATION)", given, re.I)
    if relaxed and "GEOMETRY OPTIMIZATION COMPLETED" not in text:
        problems.append("the relaxation did not end")
    try:
        atoms = _structure(path, source, given, bool(relaxed))
    except Exception as error:  # ASE passes on whatever a damaged file gives rise to
        return Left(name, f"the structure cannot be read ({type(error).__name__}: {error})")
    facts = (("energy_read_from", "ENERGY| Total FORCE_EVAL of CP2K"),)
    energy = float(energies[-1]) * Hartree
    return Entry(name, atoms, energy, _level(given), tuple(problems), facts=facts)


def _comments_out(text: str) -> str:
    return re.sub(r"[!#].*", "", text)


def _structure(path: Path, source: Path, given: str, relaxed: bool) -> "Atoms":
    project = re.search(r"PROJECT(?:_NAME)?\s+(\S+)", given, re.I)
    chosen = source
    if relaxed:
        chosen = path.parent / f"{project[1] if project else 'PROJECT'}-1.restart"
    if not chosen.is_file():
        raise ValueError("the restart file PROJECT-1.restart with the relaxed structure is missing")
    if re.search(r"^\s*(SCALED|UNIT)\b", given, re.I | re.MULTILINE) and not relaxed:
        raise ValueError("&COORD with SCALED or UNIT is not read; write Angstrom")
    # the input is written in the format of a restart file
    _check_complete(chosen)
    atoms = read_atoms(chosen, "cp2k-restart")
    directions = re.search(r"&CELL\b.*?PERIODIC\s+(\w+)", given, re.I | re.DOTALL)
    word = directions[1].upper() if directions else "XYZ"
    atoms.pbc = [axis in word and word != "NONE" for axis in "XYZ"]
    return atoms


def _check_complete(path: Path) -> None:
    """Raise where &SUBSYS is not closed: ASE's reader would look for its end forever."""
    depth = None
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        word = line.strip()
        if depth is None:
            depth = 1 if "&SUBSYS" in line else None
        elif word.startswith("&"):
            depth += -1 if word.startswith("&END") else 1
            if depth == 0:
                return
    raise ValueError(f"{path.name} is cut short: section &SUBSYS has no end")


def _find(pattern: str, text: str) -> str | None:
    match = re.search(pattern, text, re.IGNORECASE | re.MULTILINE)
    return match[1].strip() if match else None


def _level(given: str) -> Level:
    cutoff = _find(r"^\s*CUTOFF\s+([\d.]+)", given)
    return Level(
        code="CP2K",
        functional=_functional(given),
        u=_hubbard(given),
        dispersion=_dispersion(given),
        cutoff=f"{cutoff} Ry" if cutoff else None,
        kpoints=_kpoints(given),
        potentials=_potentials(given),
    )


def _functional(given: str) -> str | None:
    word = _find(r"&XC_FUNCTIONAL[ \t]+(\w+)", given)
    if word:
        return word
    inside = re.search(r"&XC_FUNCTIONAL\b(.*?)&END XC_FUNCTIONAL", given, re.I | re.DOTALL)
    parts = [m[0] for m in _SECTION.findall(inside[1]) if m[0].upper() != "END"] if inside else []
    return "+".join(dict.fromkeys(parts)) or None


def _dispersion(given: str) -> str:
    inside = re.search(r"&VDW_POTENTIAL\b(.*?)&END VDW_POTENTIAL", given, re.I | re.DOTALL)
    if not inside:
        return NONE
    word = _find(r"^\s*TYPE\s+(\S+)", inside[1]) or _find(r"POTENTIAL_TYPE\s+(\S+)", inside[1])
    return word or "VDW_POTENTIAL"


def _kinds(given: str) -> list[tuple[str, str]]:
    return re.findall(r"&KIND\s+([A-Z][a-z]?)\S*(.*?)&END KIND", given, re.DOTALL)


def _hubbard(given: str) -> str:
    found = {}
    for symbol, inside in _kinds(given):
        value = _find(r"U_MINUS_J\s+(?:\[eV\]\s*)?([\d.]+)", inside)
        if "&DFT_PLUS_U" in inside.upper() and value:
            in_eV = re.search(r"U_MINUS_J\s+\[eV\]", inside, re.IGNORECASE)
            found[symbol] = f"{float(value) * (1.0 if in_eV else Hartree):.4g}"
    return normal_u(found)


def _potentials(given: str) -> tuple[tuple[str, str], ...]:
    found = []
    for symbol, inside in _kinds(given):
        words = [_find(rf"^\s*{k}\s+(.+)$", inside) for k in ("POTENTIAL", "BASIS_SET")]
        found.append((symbol, " ".join(filter(None, words))))
    return tuple(sorted(found))


def _kpoints(given: str) -> str | None:
    if "&KPOINTS" not in given.upper():
        return "1x1x1"
    match = re.search(r"SCHEME\s+(?:MONKHORST-PACK|MACDONALD)\s+(\d+)\s+(\d+)\s+(\d+)", given, re.I)
    if match:
        return "x".join(match.groups())
    return "1x1x1" if re.search(r"SCHEME\s+GAMMA", given, re.I) else None
