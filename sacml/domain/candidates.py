"""A candidate: a site, the alkali metal that meets it, and the conditions of the test."""

from dataclasses import dataclass, field

from sacml.domain.conditions import Conditions
from sacml.domain.elements import ALKALI
from sacml.domain.sites import Site
from sacml.errors import NotationError, unknown


def check_alkali(symbol: str) -> str:
    """Return the symbol, or raise with what is allowed."""
    if symbol not in ALKALI:
        raise unknown("alkali", symbol, ALKALI)
    return symbol


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a surrogate is asked about.

    The text form is ``SITE;ALKALI`` followed by the stated conditions, e.g.
    ``Co-N4@graphene;Li;j=3.0;q=3.0``.
    """

    site: Site
    alkali: str
    conditions: Conditions = field(default_factory=Conditions)

    def __post_init__(self) -> None:
        check_alkali(self.alkali)

    @classmethod
    def parse(cls, text: str) -> "Candidate":
        """Read the text form."""
        parts = text.split(";", 2)
        if len(parts) < 2:
            raise NotationError(
                f"cannot read candidate {text!r}: write SITE;ALKALI, e.g. Co-N4@graphene;Li"
            )
        conditions = Conditions.parse(parts[2]) if len(parts) == 3 else Conditions()
        return cls(Site.parse(parts[0]), parts[1].strip(), conditions)

    def __str__(self) -> str:
        return ";".join(filter(None, (str(self.site), self.alkali, str(self.conditions))))
