"""Samples from an extended XYZ file, an ASE database or a folder of finished calculations."""

import csv
from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from ase import Atoms

from sacml.data.samples.checks import group_problems, structure_problems
from sacml.data.samples.samples import Sample, SampleError, SampleProblem, Samples
from sacml.errors import RowProblem, SacmlError, TableError, unknown

FRAMES, DATABASES = (".extxyz", ".xyz", ".traj"), (".db", ".json")
TABLE = "samples.csv"
"""In a folder of calculations: values that the outputs do not hold, one row per `entry`."""
_NAMES = ("id", "key", "name", "label")
_NO_ADSORBATE = ("", "none", "bare", "nan", "-")

Frame = tuple[str, Atoms, Mapping[str, Any]]


def read_samples(
    path: str | Path,
    target: str | None,
    unit: str,
    *,
    group: str | None = None,
    split: str | None = None,
    adsorbate: str | None = None,
    leave_out_bad: bool = False,
) -> Samples:
    """Read structures with the number to learn.

    Parameters
    ----------
    path
        An extended XYZ file, an ASE database, or a folder of finished calculations; in a folder
        the key ``energy_eV`` is the final energy, and further keys come from its `samples.csv`
        (column `entry`: the path of the output below the folder).
    target, unit
        Key of the number and its unit; None reads structures to predict for.
    group, split
        Keys of the columns that group the samples and that hold a predefined split.
    adsorbate
        Key of the adsorbate's name; by default ``adsorbate`` where frames have it.
    leave_out_bad
        Keep the frames that can be used and list the others in `Samples.left_out`.

    Raises
    ------
    SampleError
        Naming file, frame and reason of every frame that cannot be used.
    SacmlError
        If the source cannot be read at all, or no frame has a key that was asked for.
    """
    path = Path(path)
    frames: list[Frame] = []
    problems: list[SampleProblem] = []
    for found in _frames(path):
        (problems if isinstance(found, SampleProblem) else frames).append(found)  # type: ignore[arg-type]
    total = len(frames) + len(problems)
    if not frames:
        why = f": {problems[0].problem}" if problems else ""
        raise SacmlError(f"{path} holds no structure that can be read{why}")
    for key in (target, group, split, adsorbate):
        if key is not None:
            _require_key(key, frames, path)
    adsorbate = adsorbate or "adsorbate"
    samples = []
    for name, atoms, info in frames:
        value, wrong = _value(info, target, unit)
        wrong += [f"{k!r} is empty or missing: every frame needs it" for k in (group, split)
                  if k is not None and str(info.get(k, "")).strip() in ("", "nan")]  # fmt: skip
        wrong += structure_problems(atoms)
        problems += [SampleProblem(name, text) for text in wrong]
        if not wrong:
            word = str(info.get(adsorbate, "")).strip()
            atoms.calc, atoms.info = None, dict(info)
            samples.append(
                Sample(
                    name,
                    atoms,
                    value,
                    "" if word.lower() in _NO_ADSORBATE else word,
                    str(info.get(group, "")) if group else "",
                    str(info.get(split, "")) if split else "",
                )
            )
    among, notices = group_problems(samples, target)
    problems += among
    if problems and not (leave_out_bad and samples):
        raise SampleError(str(path), problems, total)
    bad = {p.frame for p in problems}
    kept = tuple(s for s in samples if s.frame not in bad)
    if not kept:
        raise SampleError(str(path), problems, total)
    return Samples(str(path), target or "", unit, kept, tuple(problems), tuple(notices))


def _value(
    info: Mapping[str, Any], target: str | None, unit: str
) -> tuple[float | None, list[str]]:
    if target is None:
        return None, []
    if target not in info:
        return None, [f"no value of {target!r}"]
    try:
        value = float(info[target])
    except (TypeError, ValueError):
        return None, [f"{target} = {info[target]!r} is no number"]
    if not isfinite(value):
        return None, [f"{target} = {info[target]} is not finite"]
    for key in (f"{target}_unit", "unit", "units"):
        stated = info.get(key)
        if stated is not None and str(stated).strip() != unit:
            return None, [f"the frame states {key} = {stated!r}, --unit says {unit!r}"]
    return value, []


def _require_key(key: str, frames: list[Frame], path: Path) -> None:
    if not any(key in info for _, _, info in frames):
        allowed = sorted({k for _, _, info in frames for k in info})
        raise unknown("key", key, allowed, f"no frame of {path} has it")


def _frames(path: Path) -> Iterator[Frame | SampleProblem]:
    if not path.exists():
        raise SacmlError(
            f"{path} does not exist; give an .extxyz file, an ASE database (.db) or a folder"
        )
    if path.is_dir():
        yield from _folder(path)
    elif path.suffix in DATABASES:
        yield from _database(path)
    elif path.suffix in FRAMES:
        yield from _file(path)
    else:
        raise SacmlError(
            f"{path}: unknown ending {path.suffix!r}; read are {', '.join(FRAMES + DATABASES)} and "
            "folders of finished calculations"
        )


def _file(path: Path) -> Iterator[Frame | SampleProblem]:
    from ase.io import iread

    number, seen = 0, set()
    kind = "traj" if path.suffix == ".traj" else "extxyz"
    try:
        for number, atoms in enumerate(iread(path, index=":", format=kind), start=1):
            results = dict(atoms.calc.results) if atoms.calc is not None else {}
            info = {k: v for k, v in results.items() if k in ("energy", "magmom")} | atoms.info
            label = next((str(info[k]) for k in _NAMES if k in info), "")
            name = f"{path.name} frame {number}" + (f" ({label})" if label else "")
            seen.add(name)
            yield name, atoms, info
    except Exception as error:  # a damaged file gives rise to nearly any error in ASE
        yield SampleProblem(
            f"{path.name} frame {number + 1}",
            f"cannot be read ({type(error).__name__}: {error}); the frames after it were not read",
        )


def _database(path: Path) -> Iterator[Frame | SampleProblem]:
    from ase.db import connect

    try:
        with connect(str(path)) as database:
            for row in database.select():
                info = {**dict(row.data), **dict(row.key_value_pairs)}
                for key in ("energy", "magmom"):
                    if row.get(key) is not None:
                        info.setdefault(key, row.get(key))
                yield f"{path.name} row {row.id}", row.toatoms(), info
    except Exception as error:  # sqlite3, json and ASE each raise their own
        yield SampleProblem(path.name, f"cannot be read ({type(error).__name__}: {error})")


def _folder(path: Path) -> Iterator[Frame | SampleProblem]:
    from sacml.data.importers.calculations_entry import Left
    from sacml.data.importers.calculations_readers import read_entries

    table = _table(path / TABLE) if (path / TABLE).exists() else {}
    unused = set(table)
    for found in read_entries(path):
        unused.discard(found.entry_id)
        if isinstance(found, Left):
            yield SampleProblem(found.entry_id, found.reason)
        elif found.problems:
            yield SampleProblem(found.entry_id, "; ".join(found.problems))
        else:
            words = {k: getattr(found.level, k) for k in ("code", "functional", "u", "dispersion")}
            level = {k: v for k, v in words.items() if v is not None}
            info = found.atoms.info | level | table.get(found.entry_id, {})
            yield found.entry_id, found.atoms, {**info, "energy_eV": found.energy_eV}
    for entry in sorted(unused):
        yield SampleProblem(entry, f"stands in {TABLE}, but there is no such calculation")


def _table(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    bad = [RowProblem(i, "entry", "", "names no calculation: write its path below the folder")
           for i, row in enumerate(rows, start=2) if not row.get("entry")]  # fmt: skip
    if bad:
        raise TableError(str(path), bad)
    return {row["entry"]: {k: v for k, v in row.items() if k and v} for row in rows}
