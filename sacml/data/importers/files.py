"""A CSV file as a table of texts that remembers the line of every row."""

import csv
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from sacml.errors import RowProblem, SacmlError, TableError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

DELIMITERS = (",", ";", "\t")


def _open_error(path: Path) -> SacmlError | None:
    if path.is_dir():
        return SacmlError(f"{path} is a folder; give a CSV file")
    if not path.exists():
        return SacmlError(f"{path} does not exist; give the path of a CSV file")
    return None


def read_texts(path: Path) -> "tuple[pd.DataFrame, np.ndarray]":
    """Read a delimited file (comma, semicolon or tab) without interpreting any cell.

    Returns
    -------
    DataFrame
        Texts, one row per line that is not blank.
    ndarray of int64
        Line of each row as a text editor counts it (the header is line 1).

    Raises
    ------
    SacmlError
        If there is no such file, it is not UTF-8 text, or it is empty.
    TableError
        If lines have too few or too many cells; all of them are listed.
    """
    import numpy as np
    import pandas as pd

    problem = _open_error(path)
    if problem:
        raise problem
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            if not first.strip():
                raise SacmlError(f"{path} is empty; the first line must name the columns")
            delimiter = max(DELIMITERS, key=first.count)
            file.seek(0)
            header = [h.strip() for h in next(csv.reader(file, delimiter=delimiter))]
        twice = sorted({h for h in header if header.count(h) > 1})
        if twice:
            raise TableError(
                str(path),
                [RowProblem(1, h, h, "this column stands twice; keep one of them") for h in twice],
            )
        with warnings.catch_warnings():
            # pandas drops cells beyond the header with no more than a warning
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                path, sep=delimiter, dtype=str, keep_default_na=False, skip_blank_lines=False,
                encoding="utf-8-sig", header=0, names=header, index_col=False, on_bad_lines="error",
            )  # fmt: skip
    except UnicodeDecodeError as error:
        raise SacmlError(f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        problems = _ragged(path, delimiter, len(header))
        if problems:
            raise TableError(str(path), problems) from None
        raise SacmlError(f"{path} is not a table that can be read: {error}") from None
    # a short line leaves missing cells behind
    if bool(table.isna().to_numpy().any()):
        problems = _ragged(path, delimiter, len(header))
        if problems:
            raise TableError(str(path), problems)
        table = table.fillna("")
    lines = np.arange(2, len(table) + 2, dtype=np.int64)
    breaks = sum((table[c].str.count("\n").to_numpy(np.int64) for c in table), np.int64(0))
    if np.any(breaks):
        lines = lines + np.concatenate([[0], np.cumsum(breaks)[:-1]])
    filled = np.zeros(len(table), dtype=bool)
    for column in table:
        table[column] = table[column].str.strip()
        filled |= (table[column] != "").to_numpy()
    if not filled.any():
        raise SacmlError(f"{path} holds no rows below its header; add at least one record")
    return table[filled].reset_index(drop=True), lines[filled]


def _ragged(path: Path, delimiter: str, width: int) -> list[RowProblem]:
    problems = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        start = 1
        for cells in reader:
            if cells and len(cells) != width and any(c.strip() for c in cells):
                problems.append(
                    RowProblem(
                        start, "(whole line)", delimiter.join(cells)[:60],
                        f"{len(cells)} cells, but the header names {width} columns; put texts "
                        "that hold the delimiter in double quotes and leave no cell out",
                    )
                )  # fmt: skip
            start = reader.line_num + 1
    return problems
