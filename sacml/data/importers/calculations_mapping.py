"""A mapping file: what each entry is, where that cannot be told or should be overruled."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from sacml.data.importers.files import read_texts
from sacml.domain import Site
from sacml.errors import RowProblem, SacmlError, TableError, unknown

ROLES = ("site", "adsorbed", "atom", "bulk", "ignore")
"""`atom` and `bulk`: references (for a molecule, `atom` is the isolated molecule)."""
COLUMNS = ("entry", "role", "site", "bare")


@dataclass(frozen=True, slots=True)
class Told:
    """What the mapping says about one entry; an empty text says nothing."""

    role: str = ""
    site: str = ""
    bare: str = ""
    """Entry of the bare site an adsorbed one belongs to."""


def read_mapping(path: Path, entries: Collection[str]) -> Mapping[str, Told]:
    """Read a mapping file.

    Parameters
    ----------
    path
        A CSV file with the column ``entry`` (as the import names it) and any of ``role``,
        ``site`` and ``bare``.
    entries
        Ids of all entries that were found.

    Raises
    ------
    TableError
        With every bad row: an entry or bare entry that is not there, a role or site that cannot
        be read, an entry twice.
    """
    table, lines = read_texts(path)
    problems = [
        RowProblem(1, c, c, f"unknown column; allowed: {', '.join(COLUMNS)}")
        for c in table.columns if c not in COLUMNS
    ]  # fmt: skip
    if "entry" not in table.columns:
        problems.append(RowProblem(1, "entry", "", "this column is missing: it names the entries"))
    if problems:
        raise TableError(str(path), problems)
    known = sorted(entries)
    found: dict[str, Told] = {}
    for line, row in zip(lines.tolist(), table.to_dict("records"), strict=True):
        cells = {str(k): str(v) for k, v in row.items()}
        told = Told(*(cells.get(c, "") for c in COLUMNS[1:]))
        before = len(problems)
        if cells["entry"] in found:
            text = "this entry stands twice; keep one row"
            problems.append(RowProblem(line, "entry", cells["entry"], text))
        for column, value in (("entry", cells["entry"]), ("bare", told.bare)):
            if value not in entries and (value or column == "entry"):
                text = str(unknown("entry", value, known))
                problems.append(RowProblem(line, column, value, text))
        if told.role and told.role not in ROLES:
            text = str(unknown("role", told.role, ROLES))
            problems.append(RowProblem(line, "role", told.role, text))
        if told.site:
            try:
                Site.parse(told.site)
            except SacmlError as error:
                problems.append(RowProblem(line, "site", told.site, str(error)))
        if len(problems) == before:
            found[cells["entry"]] = told
    if problems:
        raise TableError(str(path), problems)
    return found
