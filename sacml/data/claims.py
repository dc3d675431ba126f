"""The comparisons that the review draws, with a direction, as data."""

import csv
from dataclasses import dataclass
from functools import cache

from sacml._resources import dataset_path
from sacml.domain import Candidate


@dataclass(frozen=True, slots=True)
class Claim:
    """One comparison of the review, with the sites that it is tested on.

    Attributes
    ----------
    name
        Short name; claims of one name test the same statement in several shells.
    statement
        In our words.
    target
        What is compared; empty where it is no target of ours.
    relation
        ``below``: the value of `first` lies below that of `second`; ``above``: the other way.
    first, second, conditions
        In the line notation. ``*-N4@graphene`` stands for every other labelled metal in that
        shell; empty where the notation, or the review, has no word for it.
    first_value, second_value, unit
        As printed, None where not; with the sign of our convention.
    first_record, second_record
        Records of the literature that hold the values.
    stands_for, untested
        What the sites assume; why nothing can test it, where nothing can.
    """

    name: str
    statement: str
    target: str
    alkali: str
    relation: str
    first: str
    second: str
    conditions: str
    first_value: float | None
    second_value: float | None
    unit: str
    first_record: str
    second_record: str
    review_reference: str
    source_doi: str
    locator: str
    stands_for: str
    untested: str

    def candidate(self, site: str) -> Candidate:
        """What a surrogate is asked about one of the sites."""
        return Candidate.parse(";".join(filter(None, (site, self.alkali, self.conditions))))


@cache
def claims() -> tuple[Claim, ...]:
    """All claims, in the order of the table."""
    with dataset_path("systems", "claims.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_read(row) for row in csv.DictReader(file))


def _read(row: dict[str, str]) -> Claim:
    values = {n: float(row[n]) if row[n] else None for n in ("first_value", "second_value")}
    texts = {n: text for n, text in row.items() if n not in (*values, "claim")}
    return Claim(name=row["claim"], **texts, **values)  # type: ignore[arg-type]
