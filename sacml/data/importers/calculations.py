"""Finished calculations to binding energies: read, paired, referenced, or refused with a reason."""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sacml.data.dataset import Dataset, Refusal
from sacml.data.importers.calculations_entry import Entry, Left
from sacml.data.importers.calculations_level import Level
from sacml.data.importers.calculations_mapping import read_mapping
from sacml.data.importers.calculations_pairing import Pair, composition_of, pair_entries
from sacml.data.importers.calculations_readers import read_entries
from sacml.data.importers.calculations_records import make_records
from sacml.data.records import COLUMNS
from sacml.domain import ALKALI
from sacml.errors import SacmlError

_MISSING = (
    'level of theory: {names} not written in the file; state it with --level-of-theory "{example}"'
)
_EXAMPLES = {"code": "VASP", "functional": "PBE", "u": "none", "dispersion": "none",
             "cutoff": "520 eV", "kpoints": "3x3x1"}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Imported:
    """What came of finished calculations.

    Attributes
    ----------
    dataset
        Binding energies of alkali metals, each with its reference state and level of theory; what
        was refused stands in ``dataset.refused``.
    pairs
        Every pair at one level of theory, whatever the adsorbate.
    left
        Every entry that gave no value, with the reason.
    n_entries
        Number of calculations found.
    """

    dataset: Dataset
    pairs: tuple[Pair, ...]
    left: tuple[Left, ...]
    n_entries: int


def import_calculations(
    path: str | Path,
    *,
    mapping: str | Path | None = None,
    level_of_theory: str | Level | None = None,
    adsorbates: Sequence[str] = ALKALI,
    energy: str | None = None,
) -> Imported:
    """Read finished calculations and pair them to binding energies.

    Parameters
    ----------
    path
        A folder, searched to any depth (VASP, Quantum ESPRESSO, CP2K, GPAW, extended XYZ, ASE
        databases), or one file of these.
    mapping
        A CSV file with the columns entry, role, site, bare; see `calculations_mapping`.
    level_of_theory
        What the files do not write, e.g. ``functional=PBE;u=none``; it never overrules a file.
    adsorbates
        Formulas; one of each is taken away from a structure to find its bare site. Records are
        made for Li, Na and K, pairs for all.
    energy
        Key of the energy in extended XYZ frames and databases.

    Returns
    -------
    Imported
        Energies of different levels of theory are never subtracted: the pair is listed instead.

    Raises
    ------
    SacmlError
        If nothing can be read there, or an option cannot be read.
    TableError
        With every bad row of the mapping file.
    """
    path = Path(path)
    stated = level_of_theory if isinstance(level_of_theory, Level) else Level.parse(
        level_of_theory or ""
    )  # fmt: skip
    for adsorbate in adsorbates:
        composition_of(adsorbate)
    if not adsorbates:
        raise SacmlError(f"no adsorbate was given; write e.g. {', '.join(ALKALI)}")
    entries: list[Entry] = []
    left: list[Left] = []
    for found in read_entries(path, energy):
        if isinstance(found, Left):
            left.append(found)
        else:
            entries.append(_with_level(found, stated))
    ids = [e.entry_id for e in entries]
    told = read_mapping(Path(mapping), set(ids)) if mapping else {}
    pairs, unpaired, references = pair_entries(entries, adsorbates, told)
    records, without = make_records(pairs, references, told)
    needed = {r.fact("reference_entry") for r in records}
    spare = [
        Left(e.entry_id, "; ".join(e.problems) or f"reference ({state}) of {a} that no pair used")
        for (a, state), group in references.items() for e in group if e.entry_id not in needed
    ]  # fmt: skip
    left = sorted([*left, *unpaired, *without, *spare], key=lambda x: x.entry_id)
    refused = tuple(Refusal(x.entry_id, "entry", x.entry_id, x.reason, kept=False) for x in left)
    kept = tuple(
        Refusal(r.record_id, r.target, f"{r.value:g} {r.unit}", r.not_for_fit, kept=True)
        for r in records if r.not_for_fit
    )  # fmt: skip
    dataset = Dataset(path.stem or path.name, tuple(records), _digest(entries), refused + kept)
    return Imported(dataset, tuple(pairs), tuple(left), len(entries) + _unread(left, set(ids)))


def _unread(left: Sequence[Left], read: set[str]) -> int:
    return len({x.entry_id for x in left} - read)


def _with_level(entry: Entry, stated: Level) -> Entry:
    level = entry.level
    if not entry.atoms.pbc.any() and level.kpoints is None:
        level = replace(level, kpoints="1x1x1")
    level, against = level.filled(stated)
    problems = list(entry.problems)
    problems += [f"level of theory: {text}" for text in against]
    if level.missing:
        names = ", ".join(level.missing)
        example = ";".join(f"{n}={_EXAMPLES[n]}" for n in level.missing)
        problems.append(_MISSING.format(names=names, example=example))
    return replace(entry, level=level, problems=tuple(problems))


def _digest(entries: Sequence[Entry]) -> str:
    """SHA-256 of what was read: the outputs themselves may be gigabytes."""
    total = hashlib.sha256()
    for e in entries:
        total.update(f"{e.entry_id}\0{e.energy_eV!r}\0{e.level}\0".encode())
        total.update(e.atoms.numbers.astype("<i8").tobytes())
        total.update(e.atoms.positions.astype("<f8").tobytes())
    return total.hexdigest()


def write_csv(dataset: Dataset, path: str | Path) -> Path:
    """Write records as a table that `sacml data check` and `read_table` accept.

    Raises
    ------
    SacmlError
        If there are no records, or the file cannot be written.
    """
    path = Path(path)
    if not dataset.records:
        raise SacmlError(f"no record was made, so {path} is not written; the reasons are listed")
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(r.to_dict() for r in dataset.records)
    except OSError as error:
        raise SacmlError(f"{path} cannot be written: {error.strerror}") from None
    return path
