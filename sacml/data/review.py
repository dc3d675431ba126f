"""The single-atom systems of the review and their controls, by name."""

import csv
from dataclasses import dataclass
from functools import cache

from sacml._resources import dataset_path
from sacml.domain import Candidate, Site


@dataclass(frozen=True, slots=True)
class ReviewSystem:
    """One system of the review.

    Attributes
    ----------
    name, aliases
        As printed, and other spellings.
    site, alkali
        In our notation; `idealised` says what the notation leaves out or assumes.
    is_control, control_of
        Whether it is a control, and the system it belongs to.
    review_reference, citation, source_group
        Number in the reference list of the review, the paper, and the group of its records.
    prints_values
        Whether the review prints values of targets for it.
    """

    name: str
    aliases: tuple[str, ...]
    site: Site
    alkali: str
    is_control: bool
    control_of: str
    review_reference: str
    citation: str
    source_group: str
    prints_values: bool
    idealised: str

    @property
    def candidate(self) -> Candidate:
        """What a surrogate is asked about."""
        return Candidate(self.site, self.alkali)


@cache
def systems() -> tuple[ReviewSystem, ...]:
    """All systems of the review, controls included, in the order of its text."""
    with dataset_path("systems", "systems.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            ReviewSystem(
                name=row["name"],
                aliases=tuple(filter(None, row["aliases"].split(";"))),
                site=Site.parse(row["site"]),
                alkali=row["alkali"],
                is_control=row["is_control"] == "1",
                control_of=row["control_of"],
                review_reference=row["review_reference"],
                citation=row["citation"],
                source_group=row["source_group"],
                prints_values=row["prints_values"] == "1",
                idealised=row["idealised"],
            )
            for row in csv.DictReader(file)
        )
