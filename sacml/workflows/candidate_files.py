"""Candidates read from a CSV, predictions written to CSV or JSON."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from sacml.data.review import read_site
from sacml.domain import Candidate, Conditions, Site
from sacml.domain.conditions import NUMBERS, WORDS
from sacml.errors import RowProblem, SacmlError, TableError
from sacml.workflows.prediction_rows import PredictionRow, Refined, plain

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
    stated = tuple((row.get(name) or "").strip() for name in (*NUMBERS, *WORDS))
    conditions, wrong = _read_conditions(stated)
    problems += [RowProblem(line, name, text, why) for name, text, why in wrong]
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
    return Candidate(site, symbol, conditions)


@lru_cache(maxsize=10_000)  # the rows of a table share few of them
def _read_conditions(
    stated: tuple[str, ...],
) -> tuple[Conditions, tuple[tuple[str, str, str], ...]]:
    """Read the cells of the conditions; also name, text and reason of each wrong one."""
    values: dict[str, Any] = {}
    wrong = []
    for name, text in zip((*NUMBERS, *WORDS), stated, strict=True):
        if not text:
            continue
        try:
            read: dict[str, Any] = {name: float(text) if name in NUMBERS else text}
            Conditions(**read)
            values |= read
        except ValueError as error:
            wrong.append((name, text, _reason(error, "write a plain number")))
    return Conditions(**values), tuple(wrong)


def _reason(error: ValueError, otherwise: str) -> str:
    return str(error) if isinstance(error, SacmlError) else otherwise


def to_json(rows: Iterable[PredictionRow]) -> str:
    """Return the versioned JSON of `sacml predict --json`."""
    return json.dumps({"schema": SCHEMA, "predictions": [r.to_dict() for r in rows]}, indent=2)


_REFINED = ("refine_value", "refine_lower", "refine_upper", "refine_in_domain", "refine_reasons",
            "refine_model", "refine_minus_screen", "intervals_overlap")  # fmt: skip


def write_csv(rows: Iterable[PredictionRow], path: str | Path) -> int:
    """Write one line per prediction; returns how many.

    The columns of the refine surrogate are there where it was asked.
    """
    names = ["site", "alkali", "conditions", "assumed", "target", "value", "lower", "upper",
             "unit", "level", "in_domain", "reasons", "model", "reference",
             "against_bulk_eV", "against_graphene_eV"]  # fmt: skip
    shifts = names[-2:]
    count = 0
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    candidate, about = None, ("", "", "")
    with Path(path).open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        for row in rows:
            if not count:
                writer.writerow(names if row.refined is None else [*names, *_REFINED])
            if row.candidate is not candidate:  # the targets of one candidate follow each other
                candidate = row.candidate
                about = (str(candidate.site), candidate.alkali, str(candidate.conditions))
            others = (plain(row.extra[n]) if n in row.extra else None for n in shifts)
            line = [
                *about, "; ".join(row.assumed), row.target, plain(row.value), _end(row.lower),
                _end(row.upper), row.unit, row.level, row.in_domain, "; ".join(row.reasons),
                row.model, row.reference, *others,
            ]  # fmt: skip
            writer.writerow(line if row.refined is None else [*line, *_second(row, row.refined)])
            count += 1
    return count


def _end(value: float) -> float:
    """Round; an unbounded end is written as such, an empty cell would read as not computed."""
    rounded = plain(value)
    return value if rounded is None else rounded


def _second(row: PredictionRow, refined: Refined) -> list[object]:
    return [
        plain(refined.value), _end(refined.lower), _end(refined.upper), refined.in_domain,
        "; ".join(refined.reasons), refined.model, plain(refined.difference(row)),
        refined.overlaps(row),
    ]  # fmt: skip
