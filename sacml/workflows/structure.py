"""Build structures and write them with files, pictures, inputs and a record of what they are."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.domain import Site
from sacml.errors import SacmlError, unknown

if TYPE_CHECKING:
    from sacml.structures import BuildOptions, Structure

SCHEMA = "sacml.structure/1"
"""Version of ``structure.json`` and of what `sacml structure --json` prints."""
RECORD, PICTURE, VIEW = "structure.json", "structure.png", "structure.html"
ALL = "all"
"""Place that stands for every symmetry-distinct place."""


@dataclass(frozen=True, slots=True)
class WrittenStructure:
    """One folder that was written.

    Attributes
    ----------
    record
        What stands in ``structure.json``.
    """

    folder: Path
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StructureRun:
    """What was written, and which possible shells of an unknown one could not be built."""

    written: tuple[WrittenStructure, ...]
    refused: tuple[tuple[str, str], ...]
    """``(site, reason)``"""
    read: tuple[str, ...] = ()
    """How each name of the review was read."""


def write_structures(
    sites: str | Site | Iterable[str | Site],
    out: str | Path,
    alkali: str | None = None,
    place: str | None = None,
    *,
    formats: Sequence[str] = ("extxyz", "cif", "poscar"),
    inputs: Sequence[str] = (),
    picture: bool = True,
    view: bool = False,
    options: "BuildOptions | None" = None,
) -> StructureRun:
    """Build sites and write one folder for each structure.

    Parameters
    ----------
    sites
        Line notation, names of systems of the review, or `Site` objects; a site whose shell is
        not known stands for each of its possible shells.
    alkali, place
        Li, Na or K on a named place; `ALL` places, or None for the first.
    formats, inputs
        Files (`sacml.structures.files.FILE_NAMES`) and DFT inputs
        (`sacml.structures.inputs.CODES`) to write.
    picture, view
        Whether to draw a PNG, and a 3D view (5 MB each: it holds its own script).

    Raises
    ------
    StructureError
        With every site that cannot be built; then nothing is written.
    """
    from sacml.data.review import how_read
    from sacml.structures.files import FILE_NAMES
    from sacml.structures.inputs import CODES

    for words, allowed, what in (
        (formats, FILE_NAMES, "structure format"),
        (inputs, CODES, "DFT code"),
    ):
        wrong = [w for w in words if w not in allowed]
        if wrong:
            raise unknown(what, wrong[0], tuple(allowed))
    listed = [sites] if isinstance(sites, str | Site) else list(sites)
    if not listed:
        raise SacmlError("no sites given: name at least one, e.g. Co-N4@graphene")
    built, refused = _build_all(listed, alkali, place, options)
    written, taken = [], set[str]()
    for structure in built:
        name = folder_name(structure)
        # two sites may differ only in characters that file names do not keep
        name = f"{name}_{structure.structure_id[:6]}" if name in taken else name
        taken.add(name)
        folder = Path(out) / name
        record = _write_one(structure, folder, formats, inputs, picture, view)
        written.append(WrittenStructure(folder, record))
    read = tuple(note for s in listed if isinstance(s, str) for note in how_read(s))
    return StructureRun(tuple(written), tuple(refused), read)


def _build_all(
    sites: Sequence[str | Site],
    alkali: str | None,
    place: str | None,
    options: "BuildOptions | None",
) -> tuple[list["Structure"], list[tuple[str, str]]]:
    from sacml.data.review import read_site
    from sacml.structures import StructureError

    if place is not None and alkali is None:
        raise StructureError(f"place {place!r} was given without an alkali: add --alkali Li")
    built: list[Structure] = []
    refused: list[tuple[str, str]] = []
    failed: list[str] = []
    for given in sites:
        try:
            site = read_site(given) if isinstance(given, str) else given
        except SacmlError as error:
            failed.append(_named(given, error))
            continue
        reasons = []
        shells = site.resolved()
        for exact in shells:
            try:
                built += _build_places(exact, alkali, place, options)
            except SacmlError as error:
                reasons.append((str(exact), _named(exact, error)))
        if len(reasons) == len(shells):
            failed += [reason for _, reason in reasons]
        else:
            refused += [(name, reason.removeprefix(f"{name}: ")) for name, reason in reasons]
    if failed:
        head = f"{len(failed)} structure{'s' * (len(failed) != 1)} cannot be built"
        raise StructureError(failed[0] if len(failed) == 1 else "\n  ".join([head, *failed]))
    return built, refused


def _named(given: str | Site, error: SacmlError) -> str:
    """Message of an error with the candidate it is about, said once."""
    text = str(error)
    return text if str(given) in text else f"{given}: {text}"


def _build_places(
    site: Site, alkali: str | None, place: str | None, options: "BuildOptions | None"
) -> list["Structure"]:
    from sacml.structures import build
    from sacml.structures.alkali import add_alkali, places
    from sacml.structures.checks import check

    if alkali is not None and place == ALL:
        bare = build(site, options=options)
        found = [add_alkali(bare, alkali, p, options) for p in places(bare, alkali, options)]
    else:
        found = [build(site, alkali, place, options)]
    return [check(structure, options) for structure in found]


def folder_name(structure: "Structure") -> str:
    """Site, alkali and place as a name that every file system takes."""
    words = (str(structure.site), structure.alkali, structure.place)
    text = "_".join(w for w in words if w)
    return re.sub(r"[^A-Za-z0-9@+.=-]+", "_", text).strip("_")


def _write_one(
    structure: "Structure",
    folder: Path,
    formats: Sequence[str],
    inputs: Sequence[str],
    picture: bool,
    view: bool,
) -> dict[str, Any]:
    from sacml.structures.files import write
    from sacml.structures.inputs import write_inputs

    paths = list(write(structure, folder, formats).values())
    if inputs:
        paths += [p for group in write_inputs(structure, folder, inputs).values() for p in group]
    if picture:
        from sacml.structures.render import render

        paths.append(render(structure, folder / PICTURE))
    if view:
        from sacml.structures.view3d import view as view3d

        paths.append(view3d(structure).write(folder / VIEW))
    record = structure_record(structure)
    record["files"] = sorted(str(p.relative_to(folder)) for p in paths)
    text = json.dumps(record, indent=2, ensure_ascii=False)
    (folder / RECORD).write_text(text + "\n", encoding="utf-8")
    return record


def structure_record(structure: "Structure") -> dict[str, Any]:
    """Describe a structure in plain values: what it is, where it is from, what was checked."""
    from sacml.structures.checks import problems
    from sacml.structures.structure import ELECTRON_RULE

    atoms = structure.to_atoms()
    found = problems(structure)
    return {
        "schema": SCHEMA,
        "id": structure.structure_id,
        "site": str(structure.site),
        "alkali": structure.alkali,
        "place": structure.place,
        "formula": atoms.get_chemical_formula(),
        "n_atoms": len(atoms),
        "cell_A": [[round(float(x), 6) for x in row] for row in atoms.cell.array],
        "periodic": [bool(p) for p in atoms.pbc],
        "centre": list(structure.centre),
        "shell": list(structure.shell),
        "alkali_index": structure.alkali_index,
        "valence_electrons": structure.electrons,
        "electron_rule": ELECTRON_RULE,
        "start_moment_mu_B": float(atoms.get_initial_magnetic_moments().sum()),
        "source": structure.host_source,
        "stand_in": not structure.counted,
        "idealisation": list(structure.idealisation),
        "strain": structure.strain,
        "checks": {"passed": not found, "problems": list(found)},
        "geometry": _geometry(structure),
    }


def _geometry(structure: "Structure") -> dict[str, float] | None:
    """Geometry descriptors that apply; None without a metal centre."""
    if not structure.centre:
        return None
    from sacml.features.geometry import geometry_frame

    row = geometry_frame([structure]).iloc[0].dropna()
    return {
        name: round(float(row[name]), 6)
        for name in map(str, row.index)
        if not name.endswith("_applicable")
    }
