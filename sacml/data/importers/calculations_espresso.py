"""Quantum ESPRESSO: the text output of pw.x, with the grid from the input beside it."""

import re
from pathlib import Path

from sacml.data.importers.calculations_entry import Entry, Left, read_atoms
from sacml.data.importers.calculations_level import NONE, Level, normal_u

MARK = "Program PWSCF"
_XC = re.compile(r"Exchange-correlation\s*=\s*(.+)")
_CUTOFF = re.compile(r"kinetic-energy cutoff\s*=\s*([\d.]+)\s*Ry")
_U_NEW = re.compile(r"U\(([A-Z][a-z]?)\w*-\d?[spdf]\)\s*=\s*([-\d.]+)")
_U_OLD = re.compile(
    r"Simplified (?:LDA|DFT)\+U calculation.*?\n.*?atomic species.*?\n"
    r"((?:\s+[A-Z]\S*(?:\s+[-\d.]+)+[ \t]*\n)+)"
)
_POTENTIAL = re.compile(
    r"PseudoPot\. #\s*\d+ for\s+([A-Z][a-z]?)\S*\s+read from file:\s*\n?\s*(\S+)"
)
_DISPERSION = (
    ("D3", re.compile(r"DFT-D3 Dispersion|vdw_corr\s*=\s*['\"](?:grimme-d3|dft-d3)", re.I)),
    ("D2", re.compile(r"Grimme-D2|vdw_corr\s*=\s*['\"](?:grimme-d2|dft-d)['\"]", re.I)),
    ("TS", re.compile(r"Tkatchenko-Scheffler|vdw_corr\s*=\s*['\"](?:ts-vdw|ts)", re.I)),
    ("MBD", re.compile(r"Many-Body Dispersion|vdw_corr\s*=\s*['\"]mbd", re.I)),
    ("XDM", re.compile(r"XDM dispersion|vdw_corr\s*=\s*['\"]xdm", re.I)),
)
_GRID = re.compile(
    r"^\s*K_POINTS\s*[({]?\s*(automatic|gamma)\b.*?\n(?:\s*(\d+)\s+(\d+)\s+(\d+)((?:\s+\d+){0,3}))?",
    re.IGNORECASE | re.MULTILINE,
)  # fmt: skip
_INPUTS = (".in", ".pwi", ".inp")


def read_pw(path: Path, name: str, text: str) -> Entry | Left:
    """Read the last structure of a pw.x run."""
    if "JOB DONE." not in text:
        return Left(name, "the output of pw.x is cut short: it does not end with JOB DONE.")
    problems = []
    if "convergence NOT achieved" in text:
        problems.append("the SCF did not converge (the output says: convergence NOT achieved)")
    relaxed = "BFGS Geometry Optimization" in text
    if relaxed and not re.search(r"bfgs converged in|End of BFGS Geometry Optimization", text):
        problems.append("the relaxation did not end")
    if re.search(r"The maximum number of steps has been reached", text):
        problems.append("the relaxation used up its number of steps")
    try:
        atoms = read_atoms(path, "espresso-out")
    except Exception as error:  # ASE passes on whatever a damaged file gives rise to
        return Left(name, f"cannot be read as output of pw.x ({type(error).__name__}: {error})")
    energy = atoms.calc.results.get("energy") if atoms.calc is not None else None
    if energy is None:
        problems.append("no energy in the file")
    facts = (("energy_read_from", "'!    total energy' of pw.x (E - TS with smearing)"),)
    return Entry(name, atoms, energy, _level(path, text), tuple(problems), facts=facts)


def _level(path: Path, text: str) -> Level:
    given = _input(path)
    xc, cutoff = _XC.search(text), _CUTOFF.search(text)
    functional = _functional(xc[1]) if xc else None
    dispersion = next((word for word, sign in _DISPERSION if sign.search(text + given)), NONE)
    if functional and "vdw" in functional.lower():
        dispersion = f"in {functional}"
    return Level(
        code="Quantum ESPRESSO",
        functional=functional,
        u=_hubbard(text),
        dispersion=dispersion,
        cutoff=f"{cutoff[1]} Ry" if cutoff else None,
        kpoints=_kpoints(text, given),
        potentials=tuple(sorted((s, Path(f).name) for s, f in set(_POTENTIAL.findall(text)))),
    )


def _functional(text: str) -> str:
    words = re.sub(r"\(.*", "", text).split()
    # PBE written by its parts, old and new spelling
    if words in (["SLA", "PW", "PBE", "PBE"], ["SLA", "PW", "PBX", "PBC"]):
        return "PBE"
    return " ".join(words)


def _hubbard(text: str) -> str:
    found = dict(_U_NEW.findall(text))
    old = _U_OLD.search(text)
    if old:
        for line in old[1].splitlines():
            words = line.split()
            found[re.sub(r"[^A-Za-z].*", "", words[0])] = words[2]
    return normal_u(found) if found else NONE


def _input(path: Path) -> str:
    """Return the input of the same stem, or the only one in the folder; else an empty text."""
    near = [p for p in sorted(path.parent.iterdir()) if p.suffix in _INPUTS and p != path]
    same = [p for p in near if p.stem == path.stem]
    chosen = same or near
    if len(chosen) != 1:
        return ""
    return chosen[0].read_text(encoding="utf-8", errors="replace")


def _kpoints(text: str, given: str) -> str | None:
    grid = _GRID.search(given)
    if grid and grid[1].lower() == "gamma":
        return "1x1x1"
    if grid and grid[2]:
        numbers = [int(grid[k]) for k in (2, 3, 4)]
        offsets = grid[5].split()
        even = [n % 2 == 0 for n in numbers]
        centred = any(even) and not any(o == "1" for o in offsets)
        return "x".join(map(str, numbers)) + (" Gamma-centred" if centred else "")
    if re.search(r"number of k points=\s*1\b", text) and re.search(
        r"k\(\s*1\) = \(\s*0\.0+\s+0\.0+\s+0\.0+\)", text
    ):
        return "1x1x1"
    return None  # the output lists irreducible points only, which do not tell the grid
