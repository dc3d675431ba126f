"""GPAW: restart files, text output and ASE trajectories."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sacml.data.importers.calculations_entry import Entry, Left, read_atoms
from sacml.data.importers.calculations_level import NONE, Level, normal_u

_XC = re.compile(r"^  xc: (.+)$", re.MULTILINE)
_CUTOFF = re.compile(r"Cutoff energy: ([\d.]+) eV")
_GRID = re.compile(r"k-points?: (\d+ x \d+ x \d+) Monkhorst-Pack grid(.*)")
_U = re.compile(r"^  ([A-Z][a-z]?):\n(?:    .*\n)*?    Hubbard: \{U: ([-\d.]+)", re.MULTILINE)
_SHIFTED = re.compile(r"\s*\+ shift|\+ *\[|shift")


def read_gpw(path: Path, name: str) -> Entry | Left:
    """Read a restart file."""
    from ase.io.ulm import ulmopen

    try:
        atoms = read_atoms(path, "gpw")
        with ulmopen(path) as reader:
            parameters = reader.parameters.asdict()
            converged = bool(reader.scf.converged) if "scf" in reader else None
    except Exception as error:  # ASE passes on whatever the bytes of a damaged file give rise to
        return Left(name, f"cannot be read as a GPAW restart file ({error})")
    problems = ("the SCF did not converge",) if converged is False else ()
    return _entry(name, atoms, level_of_parameters(parameters), problems)


def read_trajectory(path: Path, name: str) -> Entry | Left:
    """Read the last image of an ASE trajectory, with the parameters of its calculator."""
    try:
        atoms = read_atoms(path, "traj")
    except Exception as error:  # see above
        return Left(name, f"cannot be read as an ASE trajectory ({error})")
    calc = atoms.calc
    code = getattr(calc, "name", "") or ""
    parameters = dict(getattr(calc, "parameters", {}) or {})
    gpaw = code.lower() == "gpaw"
    level = level_of_parameters(parameters) if gpaw else Level(code=code or None)
    return _entry(name, atoms, level, ())


def read_text(path: Path, name: str, text: str) -> Entry | Left:
    """Read the text output."""
    try:
        atoms = read_atoms(path, "gpaw-out")
    except Exception as error:  # see above
        return Left(name, f"cannot be read as GPAW output ({error})")
    problems = []
    if "Did not converge!" in text:
        problems.append("the SCF did not converge (the output says: Did not converge!)")
    elif "Converged after" not in text.rpartition("System changes:")[2]:
        problems.append("the output is cut short: the last SCF is not finished")
    return _entry(name, atoms, _level_of_text(text), tuple(problems))


def _entry(name: str, atoms: Any, level: Level, problems: tuple[str, ...]) -> Entry:
    results = atoms.calc.results if atoms.calc is not None else {}
    energy = results.get("energy")
    if energy is None and not problems:
        problems = ("no energy in the file",)
    facts = [("energy_read_from", "energy extrapolated to zero width")]
    if results.get("forces") is not None:
        largest = float((results["forces"] ** 2).sum(axis=1).max() ** 0.5)
        facts.append(("fmax_eV_A", f"{largest:.4f}"))
    return Entry(name, atoms, energy, level, problems, facts=tuple(facts))


def level_of_parameters(parameters: Mapping[str, Any]) -> Level:
    """Read the level of theory from GPAW's own parameters, of which defaults may be left out."""
    xc = parameters.get("xc", "LDA")
    functional = str(xc.get("name", xc)) if isinstance(xc, Mapping) else str(xc)
    return Level(
        code=f"GPAW {_mode(parameters)}",
        functional=functional,
        u=_setups_u(parameters.get("setups", {})),
        dispersion=_dispersion(functional),
        cutoff=_cutoff(parameters),
        kpoints=_kpoints(parameters.get("kpts", (1, 1, 1))),
    )


def _mode(parameters: Mapping[str, Any]) -> str:
    mode = parameters.get("mode", "fd")
    word = str(mode.get("name", "fd") if isinstance(mode, Mapping) else mode).upper()
    basis = parameters.get("basis") if word == "LCAO" else None
    return f"{word} {basis}" if basis else word


def _cutoff(parameters: Mapping[str, Any]) -> str | None:
    mode = parameters.get("mode", "fd")
    if isinstance(mode, Mapping) and mode.get("name") == "pw":
        return f"{mode.get('ecut', 340.0):g} eV"  # 340 eV is the default of GPAW's PW class
    if parameters.get("h") is not None:
        return f"h={parameters['h']:g} A"
    return f"gpts={parameters['gpts']}" if parameters.get("gpts") is not None else None


def _kpoints(given: Any) -> str:
    if isinstance(given, Mapping):
        if "size" in given:
            grid = _kpoints(tuple(given["size"]))
            even = any(int(n) % 2 == 0 for n in given["size"])
            return grid + (" Gamma-centred" if given.get("gamma") and even else "")
        return ", ".join(f"{k} {v}" for k, v in sorted(given.items()))
    numbers = list(given)
    if len(numbers) == 3 and all(int(n) == n for n in numbers if not hasattr(n, "__len__")):
        return "x".join(str(int(n)) for n in numbers)
    return f"list of {len(numbers)} points"


def _setups_u(setups: Any) -> str:
    if not isinstance(setups, Mapping):
        return normal_u("on") if ":" in str(setups) else NONE
    found = {}
    for symbol, text in setups.items():
        # e.g. ':d,4.0' or 'paw:d,4.0,0;s,1.0': the value follows the name of the shell
        _, colon, tail = str(text).partition(":")
        values = [part.split(",")[1] for part in tail.split(";") if part.count(",")]
        if colon and values:
            found[str(symbol)] = values[0]
    return normal_u(found) if found else NONE


def _dispersion(functional: str) -> str:
    return f"in {functional}" if "vdw" in functional.lower() or "beef" in functional.lower() else (
        NONE
    )  # fmt: skip


def _level_of_text(text: str) -> Level:
    xc = _XC.search(text)
    functional = xc[1].strip() if xc else "LDA"
    grid = _GRID.search(text)
    shifted = grid and _SHIFTED.search(grid[2])
    kpoints = None
    if grid:
        kpoints = grid[1].replace(" ", "") + (" Gamma-centred" if shifted else "")
    elif "1 k-point (Gamma)" in text:
        kpoints = "1x1x1"
    cutoff = _CUTOFF.search(text)
    mode = "PW" if cutoff else "LCAO" if "Wave functions: LCAO" in text else "FD"
    return Level(
        code=f"GPAW {mode}",
        functional=functional,
        u=normal_u(dict(_U.findall(text))),
        dispersion=_dispersion(functional),
        cutoff=f"{cutoff[1]} eV" if cutoff else None,
        kpoints=kpoints,
    )
