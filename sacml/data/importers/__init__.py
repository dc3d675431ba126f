"""Reading tables of records: own CSV files and the bundled ones, through the same checks."""

from sacml.data.importers.reader import read_table

__all__ = ["read_table"]
