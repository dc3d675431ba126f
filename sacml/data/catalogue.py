"""The bundled datasets by name, and which of their records the surrogates are fitted on."""

import hashlib
import json
from functools import cache

from sacml._resources import dataset_path
from sacml.data.checks import require_poolable
from sacml.data.dataset import Dataset, DatasetInfo
from sacml.domain import PRIMARY
from sacml.errors import unknown

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
    columns = _schema(folder)[file]["columns"]
    assert isinstance(columns, list)
    facts = tuple(c["name"] for c in columns if c.get("kept_as") == "fact")
    return read_records(dataset_path(folder, file), name, facts=facts, lenient=True)


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


def training_records(target: str) -> Dataset:
    """Return the records that the released surrogate of a primary target is fitted on.

    binding_energy: our own protocol, against the isolated atom, the lowest of the starts of each
    (site, alkali). nucleation_overpotential and cycle_life: the literature, SAC and other
    modifiers alike, without what is kept out of fits.
    """
    if target not in _SOURCE:
        raise unknown("primary target", target, PRIMARY)
    name, criteria = _SOURCE[target]
    source = load_dataset(name)
    chosen = source.select(target=target, for_fit=True, **criteria)
    require_poolable(chosen.records)
    ids = "\n".join(r.record_id for r in chosen)
    digest = hashlib.sha256(f"{source.digest}\n{target}\n{ids}".encode()).hexdigest()
    return Dataset(f"{name}:{target}", chosen.records, digest)
