"""Candidates read from a CSV, predictions written to CSV or JSON."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sacml.data.review import read_site
from sacml.domain import Candidate, Conditions, Site
from sacml.domain.conditions import NUMBERS, WORDS
from sacml.errors import RowProblem, SacmlError, TableError
from sacml.workflows.predict import PredictionRow

SCHEMA = "sacml.predict/1"
"""Version of the JSON that `sacml predict --json` prints."""

COLUMNS = ("site", "alkali", *NUMBERS, *WORDS)
"""Columns that a table of candidates may have; `site`, by notation or name, is required."""


def read_candidates(path: str | Path, alkali: str | None = None) -> list[Candidate]:
    """Read candidates from a CSV; `alkali` is used for rows that name none."""
    path = Path(path)
    try:
        handle = path.open(newline="", encoding="utf-8-sig")
    except OSError as error:
        raise SacmlError(f"cannot read {str(path)!r}: {error.strerror}") from None
    problems: list[RowProblem] = []
    candidates: list[Candidate] = []
    with handle:
        try:
            reader = csv.DictReader(handle)
            _check_header(path, reader.fieldnames or [], alkali)
            for row in reader:
                found = _read_row(row, reader.line_num, alkali, problems)
                if found is not None:
                    candidates.append(found)
        except (UnicodeDecodeError, csv.Error) as error:
            raise SacmlError(f"{path}: not a readable CSV file in UTF-8: {error}") from None
    if problems:
        raise TableError(str(path), problems)
    if not candidates:
        raise SacmlError(f"{path}: the table has a header but no rows")
    return candidates


def _check_header(path: Path, header: Sequence[str], alkali: str | None) -> None:
    if "site" not in header:
        raise SacmlError(
            f"{path}: there is no column 'site'; columns found: {', '.join(header) or 'none'}; "
            f"columns read: {', '.join(COLUMNS)}"
        )
    if "alkali" not in header and alkali is None:
        raise SacmlError(f"{path}: there is no column 'alkali'; add it or name one with --alkali")
    foreign = [
        name for name in header
        if name not in COLUMNS and name.split("_")[0] in {n.split("_")[0] for n in COLUMNS}
    ]  # fmt: skip
    if foreign:
        raise SacmlError(
            f"{path}: columns {', '.join(foreign)} look like conditions but are not read; "
            f"columns read: {', '.join(COLUMNS)}"
        )


def _read_row(
    row: Mapping[str, str | None], line: int, alkali: str | None, problems: list[RowProblem]
) -> Candidate | None:
    before = len(problems)
    values: dict[str, Any] = {}
    for name in (*NUMBERS, *WORDS):
        text = (row.get(name) or "").strip()
        if not text:
            continue
        try:
            values[name] = float(text) if name in NUMBERS else text
            Conditions(**{name: values[name]})
        except ValueError as error:
            problems.append(RowProblem(line, name, text, _reason(error, "write a plain number")))
    symbol = (row.get("alkali") or "").strip() or alkali
    if symbol is None:
        problems.append(RowProblem(line, "alkali", "", "empty; write Li, Na or K, or use --alkali"))
    site: Site | None = None
    text = (row.get("site") or "").strip()
    try:
        site = read_site(text)
    except SacmlError as error:
        problems.append(RowProblem(line, "site", text, str(error)))
    if symbol is not None:
        try:
            Candidate(Site.parse("@graphene"), symbol)
        except SacmlError as error:
            problems.append(RowProblem(line, "alkali", symbol, str(error)))
    if len(problems) > before or site is None or symbol is None:
        return None
    return Candidate(site, symbol, Conditions(**values))


def _reason(error: ValueError, otherwise: str) -> str:
    return str(error) if isinstance(error, SacmlError) else otherwise


def to_json(rows: Iterable[PredictionRow]) -> str:
    """Return the versioned JSON of `sacml predict --json`."""
    return json.dumps({"schema": SCHEMA, "predictions": [r.to_dict() for r in rows]}, indent=2)


def write_csv(rows: Iterable[PredictionRow], path: str | Path) -> int:
    """Write one line per prediction; returns how many."""
    names = ["site", "alkali", "conditions", "assumed", "target", "value", "lower", "upper",
             "unit", "level", "in_domain", "reasons", "model", "against_bulk_eV",
             "against_graphene_eV"]  # fmt: skip
    count = 0
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with Path(path).open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, names)
        writer.writeheader()
        for row in rows:
            data = row.to_dict()
            data["conditions"] = str(row.candidate.conditions)
            data["assumed"] = "; ".join(row.assumed)
            data["reasons"] = "; ".join(row.reasons)
            # an unbounded end is written as such, an empty cell would read as "not computed"
            data["lower"] = row.lower if data["lower"] is None else data["lower"]
            data["upper"] = row.upper if data["upper"] is None else data["upper"]
            writer.writerow(data)
            count += 1
    return count
