"""Frames of extended XYZ files and rows of ASE databases: one entry each."""

from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from ase import Atoms

from sacml.data.importers.calculations_entry import Entry, Left
from sacml.data.importers.calculations_gpaw import level_of_parameters
from sacml.data.importers.calculations_level import Level
from sacml.errors import SacmlError

ENERGIES = ("energy", "energy_eV", "E0_total_eV", "total_energy_eV", "free_energy")
"""Where the energy of a frame is sought, in this order, after its calculator."""
_ALIASES = {
    "code": ("code", "calculator", "program"),
    "functional": ("functional", "xc", "gga"),
    "u": ("hubbard_u", "hubbard_u_eV", "u", "dft_u", "ldau"),
    "dispersion": ("dispersion", "vdw", "ivdw"),
    "cutoff": ("cutoff_eV", "cutoff", "encut", "ENCUT", "ecut_eV"),
    "kpoints": ("kpoints", "kpts"),
}
_POTENTIALS = ("potentials", "potcars", "setups", "pseudopotentials")
_CONVERGED = ("converged", "scf_converged", "geometry_converged")
_OTHER = ("prec", "ediff", "lasph", "ispin", "smearing_eV", "smearing_width_eV")
_NAMES = ("id", "key", "name", "label")


def read_extxyz(path: Path, name: str, energy: str | None = None) -> Iterator[Entry | Left]:
    """Read every frame of an extended XYZ file.

    Parameters
    ----------
    path, name
        The file, and what the ids of its entries begin with.
    energy
        Key of the energy in the comment line; by default the calculator's, then `ENERGIES`.
    """
    from ase.io import iread

    number, seen = 0, set()
    try:
        for number, atoms in enumerate(iread(path, index=":", format="extxyz"), start=1):
            info = atoms.info
            label = next((str(info[k]) for k in _NAMES if k in info), str(number))
            if label in seen:
                label = f"{label}({number})"
            seen.add(label)
            yield _entry(f"{name}#{label}", atoms, info, energy, {})
    except (OSError, ValueError, KeyError, IndexError, AssertionError) as error:
        yield Left(f"{name}#{number + 1}", f"frame {number + 1} cannot be read ({error}); the "
                   "frames after it were not read: mend the file")  # fmt: skip


def read_database(path: Path, name: str, energy: str | None = None) -> Iterator[Entry | Left]:
    """Read every row of an ASE database (SQLite or JSON)."""
    from ase.db import connect

    try:
        with connect(str(path)) as database:
            for row in database.select():
                info = dict(row.key_value_pairs)
                if row.get("calculator"):
                    info.setdefault("calculator", row.calculator)
                parameters = dict(row.get("calculator_parameters") or {})
                yield _entry(f"{name}#{row.id}", row.toatoms(), info, energy, parameters)
    except Exception as error:  # sqlite3, json and ASE each raise their own
        yield Left(name, f"the database cannot be read ({type(error).__name__}: {error})")


def _entry(
    name: str,
    atoms: Atoms,
    info: Mapping[str, Any],
    energy: str | None,
    parameters: Mapping[str, Any],
) -> Entry:
    value, kind = _energy(atoms, info, energy)
    problems = []
    if value is None:
        asked = energy or ", ".join(ENERGIES)
        problems.append(f"no energy: neither a calculator's nor any of {asked}")
    problems += [f"not converged ({k}=F)" for k in _CONVERGED if k in info and _no(info[k])]
    try:
        level = _level(info, parameters)
    except SacmlError as error:
        level = Level()
        problems.append(str(error))
    site = str(info.get("site", ""))
    stated = any(k in info for k in _CONVERGED)
    facts = (("energy_read_from", kind), ("convergence", "stated" if stated else "not stated"))
    return Entry(name, atoms, value, level, tuple(problems), site if "@" in site else "", facts)


def _energy(
    atoms: Atoms, info: Mapping[str, Any], wanted: str | None
) -> tuple[float | None, str]:  # fmt: skip
    results = dict(atoms.calc.results) if atoms.calc is not None else {}
    if wanted is None and "energy" in results:
        return _finite(results["energy"]), "calculator"
    for key in (wanted,) if wanted else ENERGIES:
        if key in info or key in results:
            return _finite(info.get(key, results.get(key))), str(key)
    return None, ""


def _finite(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None


def _no(value: Any) -> bool:
    return str(value).strip().lower() in ("f", "false", "0", "no", ".false.")


def _level(info: Mapping[str, Any], parameters: Mapping[str, Any]) -> Level:
    given = {f: next((info[k] for k in keys if k in info), None) for f, keys in _ALIASES.items()}
    if str(given["code"] or "").lower() == "gpaw" and parameters:
        return level_of_parameters(parameters)
    for field, keys in _ALIASES.items():
        if given[field] is None:
            given[field] = next((parameters[k] for k in keys if k in parameters), None)
    if "level_of_theory" in info:
        stated = Level.parse(str(info["level_of_theory"]))
        given |= {f: getattr(stated, f) for f in given if getattr(stated, f) is not None}
    other = tuple((k, str(info[k])) for k in _OTHER if k in info)
    return Level(**given, potentials=_potentials(info), other=other)


def _potentials(info: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    text = next((str(info[k]) for k in _POTENTIALS if k in info), "")
    # titles such as Cr_pv;C;N begin with the element
    names = [t.strip() for t in text.replace(",", ";").split(";") if t.strip()]
    return tuple(sorted((n.replace(".", "_").partition("_")[0], n) for n in names))
