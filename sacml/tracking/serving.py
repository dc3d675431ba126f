"""A table in, a table of predictions out: what the pyfunc model does. Knows nothing of MLflow."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from sacml.data import read_site
from sacml.domain import STANDARD, Candidate, Conditions, Site
from sacml.domain.candidates import check_alkali
from sacml.domain.conditions import NUMBERS, WORDS
from sacml.errors import RowProblem, SacmlError, TableError

if TYPE_CHECKING:
    from sacml.models import Surrogate

REQUIRED = ("site", "alkali")
OUTPUT = ("value", "lower", "upper", "unit", "in_domain", "reasons")

MAX_ROWS = 100_000
"""Rows of one request; bounds the memory that a request takes."""
MAX_TEXT = 200
"""Characters of a cell that an error repeats."""

EXAMPLE = {
    "site": ["Co-N4@graphene", "Zn-?@hard_carbon"],
    "alkali": ["Li", "Na"],
    "current_density_mA_cm2": [3.0, 1.0],
    "areal_capacity_mAh_cm2": [3.0, 1.0],
}


def candidates_of(frame: pd.DataFrame, name: str = "input") -> list[Candidate]:
    """Read the candidates of a table.

    Parameters
    ----------
    frame
        Columns `REQUIRED`, and any of `NUMBERS` and `WORDS`; an empty cell is not stated.
    name
        What errors call the table.

    Raises
    ------
    TableError
        With every bad row; line 1 is the header.
    """
    if len(frame) > MAX_ROWS:
        raise SacmlError(
            f"{name} has {len(frame)} rows, at most {MAX_ROWS} are predicted at once; send it in "
            "parts"
        )
    missing = [c for c in REQUIRED if c not in frame.columns]
    if missing:
        raise TableError(name, [RowProblem(1, c, "", "the column is missing") for c in missing])
    stated = [c for c in (*NUMBERS, *WORDS) if c in frame.columns]
    found: list[Candidate] = []
    problems: list[RowProblem] = []
    # many rows of a table name the same site
    known: dict[str, Site] = {}
    for line, row in enumerate(frame[[*REQUIRED, *stated]].to_dict("records"), start=2):
        values = {c: row[c] for c in stated if not pd.isna(row[c])}
        site, alkali = str(row["site"]), str(row["alkali"])
        wrong = _wrong_cells(line, site, alkali, values, known)
        problems += wrong
        if not wrong:
            found.append(Candidate(known[site], alkali, Conditions(**values)))
    if problems:
        raise TableError(name, problems)
    return found


def _wrong_cells(
    line: int, site: str, alkali: str, values: dict[str, Any], known: dict[str, Site]
) -> list[RowProblem]:
    def read() -> None:
        if site not in known:
            known[site] = read_site(site)

    checks: list[tuple[str, object, Callable[[], object]]] = [
        ("site", site, read),
        ("alkali", alkali, lambda: check_alkali(alkali)),
    ]
    checks += [(c, v, partial(Conditions, **{c: v})) for c, v in values.items()]
    wrong = []
    for column, value, check in checks:
        try:
            check()
        except (SacmlError, ValueError, TypeError) as error:
            text = str(value)
            shown = text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "..."
            wrong.append(RowProblem(line, column, shown, str(error)[: 10 * MAX_TEXT]))
    return wrong


def predict_frame(surrogate: "Surrogate", frame: pd.DataFrame, level: float = 0.9) -> pd.DataFrame:
    """Predict the rows of a table.

    Parameters
    ----------
    surrogate
        A loaded surrogate.
    frame
        See `candidates_of`. Where current density or capacity is not stated, the standard of
        3 mA cm-2 and 3 mAh cm-2 is assumed, and the row's reasons say so.
    level
        Level of the interval, 0 to 1.

    Returns
    -------
    DataFrame
        Columns `OUTPUT`, row for row; several reasons are joined by ``; ``.
    """
    from sacml.features import CandidateTable

    given = candidates_of(frame)
    if not given:
        return pd.DataFrame({name: [] for name in OUTPUT})
    full = [Candidate(c.site, c.alkali, c.conditions.or_assumed(STANDARD)) for c in given]
    predicted = surrogate.predict(CandidateTable.from_candidates(full), level=level)
    reasons = []
    for i, (before, after) in enumerate(zip(given, full, strict=True)):
        words = list(predicted.reasons(i))
        # a binding energy does not depend on the test
        if predicted.target != "binding_energy":
            still = set(after.conditions.unstated)
            assumed = [n for n in before.conditions.unstated if n not in still]
            if assumed:
                values = (f"{n} = {getattr(after.conditions, n):g}" for n in assumed)
                words.append("assumed " + ", ".join(values))
        reasons.append("; ".join(words))
    return pd.DataFrame(
        {
            "value": predicted.value.astype(float),
            "lower": predicted.lower.astype(float),
            "upper": predicted.upper.astype(float),
            "unit": [predicted.unit] * len(full),
            "in_domain": predicted.in_domain.astype(bool),
            "reasons": reasons,
        }
    )
