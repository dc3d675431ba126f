"""The bundled datasets by name, and which of their records the surrogates are fitted on."""

import hashlib
import json
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

from sacml._resources import dataset_path
from sacml.data.checks import require_poolable
from sacml.data.dataset import Dataset, DatasetInfo
from sacml.data.records import Record
from sacml.data.rules import OTHER_FIDELITY, fit_refusal
from sacml.domain import PRIMARY, REFERENCES
from sacml.errors import MixedReferenceError, SacmlError, unknown

_FILES = {
    "literature": ("literature", "records.csv"),
    "series": ("literature", "series.csv"),
    "dft": ("dft", "binding.csv"),
}
"""Name -> folder and table that holds its records."""
_SOURCE = {
    "binding_energy": ("dft", {"reference": "atom"}),
    "nucleation_overpotential": ("literature", {}),
    "cycle_life": ("literature", {}),
}


def _schema(folder: str) -> dict[str, dict[str, object]]:
    text = dataset_path(folder, "schema.json").read_text(encoding="utf-8")
    return {t["file"]: t for t in json.loads(text)["tables"]}


def list_datasets() -> tuple[DatasetInfo, ...]:
    """Say which datasets there are, without loading their records."""
    infos = []
    for name, (folder, file) in _FILES.items():
        table = _schema(folder)[file]
        card = dataset_path(folder, "README.md").read_text(encoding="utf-8")
        infos.append(DatasetInfo(name, str(table["title"]), "CC-BY-4.0", folder, (file,), card))
    return tuple(infos)


def read_bundled(name: str) -> Dataset:
    """Read a bundled dataset anew from its file; `load_dataset` keeps what it has read."""
    from sacml.data.importers.reader import read_records

    if name not in _FILES:
        raise unknown("dataset", name, list(_FILES))
    folder, file = _FILES[name]
    return read_records(dataset_path(folder, file), name, facts=_facts(name), lenient=True)


def _facts(name: str) -> tuple[str, ...]:
    folder, file = _FILES[name]
    columns = _schema(folder)[file]["columns"]
    assert isinstance(columns, list)
    return tuple(c["name"] for c in columns if c.get("kept_as") == "fact")


def read_labels(path: str | Path, name: str | None = None) -> Dataset:
    """Read own labels: tables of `sacml label table`, or what `sacml data import` wrote.

    Parameters
    ----------
    path
        A CSV file, or a folder with a ``binding.csv``.
    name
        Name of the dataset; by default that of the folder or file.

    Raises
    ------
    SacmlError
        If there is no such table, or cells in it are wrong; see `read_table`.
    """
    from sacml.data.importers.reader import read_records

    path = Path(path)
    file = path / "binding.csv" if path.is_dir() else path
    return read_records(file, name or path.stem, facts=_facts("dft"), lenient=True)


@cache
def load_dataset(name: str) -> Dataset:
    """Load a bundled dataset through the same checks as any other table.

    Parameters
    ----------
    name
        ``literature``: values of cells and calculations from papers; ``series``: theory series
        from papers; ``dft``: binding energies computed with our protocol.

    Returns
    -------
    Dataset
        Its `refused` lists what is stored but kept out of fits, and what is no value of a target.
    """
    return read_bundled(name)


def training_records(
    target: str,
    dataset: Dataset | None = None,
    *,
    level_of_theory: str | None = None,
    reference: str = "atom",
) -> Dataset:
    """Return the records that a surrogate of a primary target is fitted on.

    Without a dataset those of the released surrogates. binding_energy: our own protocol, against
    the isolated atom, the lowest of the starts of each (site, alkali). nucleation_overpotential
    and cycle_life: the literature, SAC and other modifiers alike, without what is kept out of
    fits.

    Parameters
    ----------
    dataset
        Own records, e.g. of `read_labels`. Binding energies of one level of theory and one
        reference state are fitted as a population of their own, whatever their fidelity: they are
        never pooled with the released labels. What else keeps a record out of fits still holds.
    level_of_theory
        Which level is meant, where the dataset holds several. Beside the protocol's own labels
        those of its other settings measure an error: there the protocol's is meant by itself.
    reference
        Reference state of binding energies of the dataset.

    Raises
    ------
    SacmlError
        If nothing is left to fit; the message says what there is.
    MixedReferenceError
        If there are several levels of theory and none is named.
    """
    if target not in _SOURCE:
        raise unknown("primary target", target, PRIMARY)
    if dataset is None:
        name, criteria = _SOURCE[target]
        dataset = load_dataset(name)
        chosen = dataset.select(target=target, for_fit=True, **criteria)
    else:
        chosen = _own(dataset, target, level_of_theory, reference)
    require_poolable(chosen.records)
    ids = "\n".join(r.record_id for r in chosen)
    digest = hashlib.sha256(f"{dataset.digest}\n{target}\n{ids}".encode()).hexdigest()
    return Dataset(f"{dataset.name}:{target}", chosen.records, digest)


def _protocols_own(dataset: Dataset) -> str | None:
    """Level of our own protocol, where all others are the same protocol with other settings."""
    levels = {(r.fidelity, r.level_of_theory) for r in dataset}
    own = [level for fidelity, level in levels if fidelity == "dft_own"]
    others = {fidelity for fidelity, _ in levels} - {"dft_own"}
    return own[0] if len(own) == 1 and others == {"dft_other_settings"} else None


def _own(dataset: Dataset, target: str, level: str | None, reference: str) -> Dataset:
    """Select what may be fitted of own records, one level of theory taken as their own."""
    mine = dataset.select(target=target)
    if target == "binding_energy":
        if reference not in REFERENCES:
            raise unknown("reference state", reference, REFERENCES)
        states = Counter(r.reference for r in mine)
        mine = mine.select(reference=reference)
        mine = replace(mine, records=tuple(map(_as_own_level, mine)))
        levels = Counter(r.level_of_theory or "" for r in mine if not r.not_for_fit)
        if states and not mine.records:
            raise SacmlError(
                f"{dataset.name!r} holds no binding energy against {reference!r}; there are "
                + ", ".join(f"{n} against {s!r}" for s, n in states.items())
            )
        level = level or _protocols_own(mine)
        if level is not None:
            if level not in levels:
                raise unknown("level of theory", level, list(levels))
            mine = mine.select(level_of_theory=level)
        elif len(levels) > 1:
            raise MixedReferenceError(
                f"{dataset.name!r} holds binding energies of {len(levels)} levels of theory; name "
                "one: " + ", ".join(f"{text!r} ({n})" for text, n in levels.most_common())
            )
    chosen = mine.select(for_fit=True)
    if not chosen.records:
        reasons = Counter(r.not_for_fit for r in mine)
        said = "; ".join(f"{why} ({n})" for why, n in reasons.most_common(3))
        raise SacmlError(
            f"{dataset.name!r} holds no {target} to fit"
            + (f": {said}" if said else f"; it holds {len(dataset)} records of other targets")
        )
    return chosen


def _as_own_level(record: Record) -> Record:
    """Lift the refusal that only says that the record is of another level."""

    def refusal(fidelity: str) -> str:
        return fit_refusal(
            record.target, record.reference, fidelity, record.conditions, record.facts
        )

    if record.fidelity not in OTHER_FIDELITY or record.not_for_fit != refusal(record.fidelity):
        return record
    return replace(record, not_for_fit=refusal("dft_own"))
