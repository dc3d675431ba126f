"""Descriptors of the alkali metal. The ion's charge is left out: it is +1 for all three."""

from sacml.domain.elements import ALKALI
from sacml.features import elemental as el
from sacml.features.feature import Block, Feature, one_hots

PROPERTIES = (el.IONIC_RADIUS, el.RADIUS, el.ELECTRONEGATIVITY, el.IONIZATION_1, el.COHESIVE)

FEATURES = (
    *one_hots("alkali_is", ALKALI, "alkali", "the alkali metal", "candidate"),
    *(
        Feature(p.name("alkali"), p.unit, "alkali", "value", f"{p.words} of the alkali metal",
                p.source)
        for p in PROPERTIES
    ),
)  # fmt: skip


def _row(symbol: str) -> dict[str, float]:
    row = {f"alkali_is_{symbol.lower()}": 1.0}
    return row | {p.name("alkali"): float(p.of([symbol])[0]) for p in PROPERTIES}


BLOCK = Block(FEATURES, _row)
"""Component: a symbol of `ALKALI`."""
