"""A table of texts under inspection: unique words are read once, all problems are gathered."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sacml.errors import RowProblem, SacmlError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

FLAGS = {"1": True, "0": False, "true": True, "false": False, "yes": True, "no": False}


class Cells:
    """Columns of text, the line of each row and the problems found so far."""

    def __init__(self, table: "pd.DataFrame", lines: "NDArray[np.int64]") -> None:
        self.table = table
        self.lines = lines
        self.problems: list[RowProblem] = []
        self.conditions: dict[str, NDArray[np.float64]] = {}
        """Numbers of the conditions in their unit of storage, by attribute of `Conditions`."""

    def __len__(self) -> int:
        return len(self.table)

    def texts(self, column: str) -> "NDArray[np.object_]":
        """Return a column as an array of texts."""
        return self.table[column].to_numpy(dtype=object)

    def filled(self, column: str) -> "Mask":
        """Mark the rows in which a column is not empty."""
        return np.asarray(self.table[column] != "", dtype=bool)

    def refuse(self, rows: "Mask | NDArray[np.int64]", column: str, problem: str) -> None:
        """Note the same problem for every marked row of a column."""
        numbers = np.flatnonzero(rows) if rows.dtype == bool else rows
        texts = self.table[column].to_numpy(dtype=object) if column in self.table else None
        for i in numbers:
            value = "" if texts is None else str(texts[i])
            self.problems.append(RowProblem(int(self.lines[i]), column, value, problem))

    def words(
        self, column: str, read: Callable[[str], Any], empty: Any = None, needed: str = ""
    ) -> "NDArray[np.object_]":
        """Read a column of words, each distinct word once.

        Parameters
        ----------
        column
            Where the texts stand; a column that is not there reads as empty.
        read
            Turns a text into a value, or raises an error whose text is the problem.
        empty
            Value of an empty cell.
        needed
            Problem to note for an empty cell; an empty text where it may be empty.
        """
        import pandas as pd

        if column not in self.table:
            same = np.empty(len(self), dtype=object)
            same.fill(empty)  # np.full would spread a tuple over the rows
            return same
        codes, uniques = pd.factorize(self.table[column])
        values = np.empty(len(uniques), dtype=object)
        for i, text in enumerate(uniques):
            values[i] = empty
            if text == "":
                if needed:
                    self.refuse(codes == i, column, needed)
                continue
            try:
                values[i] = read(str(text))
            except (SacmlError, ValueError) as error:
                self.refuse(codes == i, column, str(error))
        return values[codes]

    def numbers(self, column: str) -> "NDArray[np.float64]":
        """Read a column of numbers; NaN where a cell is empty or could not be read."""
        import pandas as pd

        if column not in self.table:
            return np.full(len(self), np.nan)
        texts = self.table[column]
        numbers = pd.to_numeric(texts.where(texts != ""), errors="coerce").to_numpy(float)
        bad = ~np.isfinite(numbers) & self.filled(column)
        commas = bad & texts.str.fullmatch(r"[-+]?\d+,\d+").to_numpy(bool)
        self.refuse(commas, column, "not a number: write a decimal point instead of the comma")
        bounds = bad & ~commas & texts.str.match(r"[<>≤≥~≈]").to_numpy(bool)
        self.refuse(
            bounds, column, "not a number: write the number alone and put lower or upper into the "
            "column with the bound",
        )  # fmt: skip
        self.refuse(
            bad & ~commas & ~bounds, column, "not a number: write a plain finite number, or leave "
            "the cell empty where the source does not state it",
        )  # fmt: skip
        return np.where(bad, np.nan, numbers)


def read_flag(text: str) -> bool:
    """Read 1/0, true/false or yes/no."""
    if text.lower() not in FLAGS:
        raise ValueError(f"cannot read {text!r} as yes or no: write 1 or 0")
    return FLAGS[text.lower()]


def one_of(kind: str, allowed: tuple[str, ...]) -> Callable[[str], str]:
    """Return a reader that accepts only these words and names the nearest otherwise."""
    from sacml.errors import unknown

    def read(text: str) -> str:
        if text not in allowed:
            raise unknown(kind, text, allowed)
        return text

    return read
