"""A table in, a table of predictions out: what the pyfunc model does. Knows nothing of MLflow."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from sacml.data import read_site
from sacml.domain import STANDARD, Candidate, Conditions
from sacml.domain.candidates import check_alkali
from sacml.domain.conditions import NUMBERS, WORDS
from sacml.errors import RowProblem, SacmlError, TableError

if TYPE_CHECKING:
    from sacml.models import Surrogate

REQUIRED = ("site", "alkali")
OUTPUT = ("value", "lower", "upper", "unit", "in_domain", "reasons")

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
    missing = [c for c in REQUIRED if c not in frame.columns]
    if missing:
        raise TableError(name, [RowProblem(1, c, "", "the column is missing") for c in missing])
    stated = [c for c in (*NUMBERS, *WORDS) if c in frame.columns]
    found: list[Candidate] = []
    problems: list[RowProblem] = []
    for line, row in enumerate(frame[[*REQUIRED, *stated]].to_dict("records"), start=2):
        values = {c: row[c] for c in stated if not pd.isna(row[c])}
        wrong = _wrong_cells(line, row["site"], row["alkali"], values)
        problems += wrong
        if not wrong:
            conditions = Conditions(**values)
            found.append(Candidate(read_site(row["site"]), row["alkali"], conditions))
    if problems:
        raise TableError(name, problems)
    return found


def _wrong_cells(
    line: int, site: object, alkali: object, values: dict[str, Any]
) -> list[RowProblem]:
    checks: list[tuple[str, object, Callable[[], object]]] = [
        ("site", site, lambda: read_site(str(site))),
        ("alkali", alkali, lambda: check_alkali(str(alkali))),
    ]
    checks += [(c, v, partial(Conditions, **{c: v})) for c, v in values.items()]
    wrong = []
    for column, value, check in checks:
        try:
            check()
        except (SacmlError, ValueError, TypeError) as error:
            wrong.append(RowProblem(line, column, str(value), str(error)))
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
        assumed = [n for n in before.conditions.unstated if n not in after.conditions.unstated]
        # a binding energy does not depend on the test
        if assumed and predicted.target != "binding_energy":
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
