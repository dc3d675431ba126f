"""What a material is when it is not (only) a single-atom site.

Records of other modifiers teach the effect of conditions and hosts; a surrogate must know them
apart from sites.
"""

from dataclasses import dataclass

from sacml.domain.elements import element
from sacml.domain.sites import Site
from sacml.errors import unknown

SITE_CLASSES = ("single_atom", "dual_atom")
MODIFIER_CLASSES = (
    *SITE_CLASSES,
    "support",
    "bare",
    "heteroatom_doped_carbon",
    "nanoparticle",
    "alloy",
    "compound",
    "artificial_sei",
    "3d_collector",
    "other",
)
"""`support`: a host without metal centres; `bare`: an unmodified metal or current collector."""


@dataclass(frozen=True, slots=True)
class Modifier:
    """Class of a modifier and the elements named as active in it (alphabetical order)."""

    modifier_class: str
    active_elements: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.modifier_class not in MODIFIER_CLASSES:
            raise unknown("modifier class", self.modifier_class, MODIFIER_CLASSES)
        for symbol in self.active_elements:
            element(symbol)
        object.__setattr__(self, "active_elements", tuple(sorted(set(self.active_elements))))

    @classmethod
    def of_site(cls, site: Site) -> "Modifier":
        """Return the class that a site stands for where nothing else is stated."""
        if site.metals:
            return cls(SITE_CLASSES[len(site.metals) - 1], site.metals)
        return cls("bare" if site.host.type.family == "metal" else "support")

    @property
    def is_site(self) -> bool:
        """Whether this is a single- or dual-atom site."""
        return self.modifier_class in SITE_CLASSES
