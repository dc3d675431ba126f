"""The single-atom systems of the review and their controls, by name."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from sacml._resources import dataset_path
from sacml.domain import Candidate, Site
from sacml.errors import SacmlError


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


def system_named(text: str) -> ReviewSystem | None:
    """Return the system with this name or alias (case and spaces do not matter), or None."""
    return _by_name().get(_key(text))


def read_site(text: str) -> Site:
    """Read a site from its line notation, or from the name of a system of the review.

    Raises
    ------
    NotationError, UnknownNameError
        If it is neither, with the nearest name of the review where there is one.
    """
    try:
        return Site.parse(text)
    except SacmlError as error:
        system = system_named(text)
        if system is not None:
            return system.site
        near = get_close_matches(_key(text), _by_name(), n=1, cutoff=0.8)
        if not near:
            raise
        name = _by_name()[near[0]].name
        raise type(error)(f"{error}; or did you mean the review's {name!r}?") from None


def how_read(text: str) -> tuple[str, ...]:
    """Say what a name stands for; nothing for line notation."""
    system = system_named(text)
    return () if system is None else (f"{system.name} read as {system.site}: {system.idealised}",)


def _key(text: str) -> str:
    return "".join(text.split()).casefold()


@cache
def _by_name() -> Mapping[str, ReviewSystem]:
    """Systems by name and alias; a name that means several sites is left out."""
    found: dict[str, ReviewSystem] = {}
    several = set()
    for system in systems():
        for name in (system.name, *system.aliases):
            if found.setdefault(_key(name), system).site != system.site:
                several.add(_key(name))
    return {key: system for key, system in found.items() if key not in several}
