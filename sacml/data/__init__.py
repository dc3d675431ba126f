"""Records, the bundled datasets and the reading of own tables."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sacml.data.catalogue import list_datasets, load_dataset, read_labels, training_records
    from sacml.data.checks import audit, require_poolable
    from sacml.data.dataset import Dataset, DatasetInfo, Refusal
    from sacml.data.importers import read_table
    from sacml.data.records import COLUMNS, Record
    from sacml.data.reference_energies import BindingReferences, references
    from sacml.data.review import ReviewSystem, read_site, system_named, systems

# Public name -> module that holds it, loaded on first use
_LAZY = {
    "COLUMNS": "records",
    "BindingReferences": "reference_energies",
    "Dataset": "dataset",
    "DatasetInfo": "dataset",
    "Record": "records",
    "Refusal": "dataset",
    "ReviewSystem": "review",
    "audit": "checks",
    "list_datasets": "catalogue",
    "load_dataset": "catalogue",
    "read_labels": "catalogue",
    "read_site": "review",
    "read_table": "importers",
    "references": "reference_energies",
    "require_poolable": "checks",
    "system_named": "review",
    "systems": "review",
    "training_records": "catalogue",
}

__all__ = [
    "COLUMNS",
    "BindingReferences",
    "Dataset",
    "DatasetInfo",
    "Record",
    "Refusal",
    "ReviewSystem",
    "audit",
    "list_datasets",
    "load_dataset",
    "read_labels",
    "read_site",
    "read_table",
    "references",
    "require_poolable",
    "system_named",
    "systems",
    "training_records",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f"sacml.data.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'sacml.data' has no attribute {name!r}")
