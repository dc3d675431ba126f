"""What a user can do wrong, as exceptions whose text says how to put it right.

The command line prints the message of a `SacmlError` and exits with 1, without a traceback.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches


class SacmlError(Exception):
    """Base of every error a user can mend."""


class NotationError(SacmlError, ValueError):
    """A site, host or candidate was written in a way the grammar does not allow."""


class UnknownNameError(SacmlError, ValueError):
    """A name is not in the closed vocabulary it was looked up in."""


class UnitError(SacmlError, ValueError):
    """A unit is missing, unknown or of the wrong dimension."""


class MixedReferenceError(SacmlError, ValueError):
    """Energies of different reference states or levels of theory were about to be pooled."""


class ModelFileError(SacmlError):
    """A stored model is missing, altered, or was made for another schema."""


class DesignError(SacmlError, ValueError):
    """A design space, constraint or objective cannot be used as given."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing wrong with one cell of a table."""

    row: int
    """Line in the file as a text editor counts it (the header is line 1)."""
    column: str
    value: str
    problem: str
    """What is wrong and what to do about it."""

    def __str__(self) -> str:
        return f"line {self.row}, column {self.column!r}, value {self.value!r}: {self.problem}"


class TableError(SacmlError, ValueError):
    """A table holds bad rows; all of them are listed at once."""

    shown = 20

    def __init__(self, file: str, problems: Sequence[RowProblem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        lines = [f"  {p}" for p in self.problems[: self.shown]]
        if len(self.problems) > self.shown:
            lines.append(f"  ... and {len(self.problems) - self.shown} more")
        n = len({p.row for p in self.problems})
        super().__init__(f"{file}: {n} bad row{'s' * (n != 1)}\n" + "\n".join(lines))


def unknown(kind: str, given: object, allowed: Sequence[str], hint: str = "") -> UnknownNameError:
    """Build the error for a name outside a closed vocabulary, with the nearest valid names."""
    near = get_close_matches(str(given).lower(), [a.lower() for a in allowed], n=3, cutoff=0.5)
    by_lower = {a.lower(): a for a in allowed}
    text = f"unknown {kind} {given!r}"
    if near:
        text += f"; did you mean {' or '.join(repr(by_lower[n]) for n in near)}?"
    shown = ", ".join(allowed[:60]) + (", ..." if len(allowed) > 60 else "")
    return UnknownNameError(f"{text} (allowed: {shown})" + (f"; {hint}" if hint else ""))
