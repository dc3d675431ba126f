"""Descriptors of the metal centre(s): mean and spread over the centres, so order cannot matter."""

import numpy as np

from sacml.domain.sites import EMPTY
from sacml.features import elemental as el
from sacml.features.feature import Block, Feature

MEANS = (
    el.PERIOD, el.RADIUS, el.ELECTRONEGATIVITY, el.IONIZATION_1, el.IONIZATION_2, el.VALENCE,
    el.D_ELECTRONS, el.UNPAIRED, el.COHESIVE, el.MELTING,
)  # fmt: skip
SPREADS = (el.RADIUS, el.ELECTRONEGATIVITY, el.VALENCE, el.COHESIVE)

FEATURES = (
    Feature(
        "metal_applicable", "1", "metal", "mask",
        "1 where the site has a metal centre; 0 for a bare host and for an empty site, whose "
        "metal_ values are then 0 and mean nothing", "notation: centre",
    ),
    Feature("metal_is_empty_site", "1", "metal", "one_hot",
            "1 for a site whose metal is missing (vac-...)", "notation: centre"),
    Feature("metal_is_dual", "1", "metal", "one_hot",
            "1 where two centres share the shell", "notation: centre"),
    Feature("metal_centres", "1", "metal", "value", "number of metal centres", "notation: centre"),
    *(
        Feature(p.name("metal", "mean"), p.unit, "metal", "value",
                f"{p.words}, mean over the centres; applies where metal_applicable", p.source)
        for p in MEANS
    ),
    *(
        Feature(p.name("metal", "spread"), p.unit, "metal", "value",
                f"{p.words}, largest minus smallest over the centres (0 for one centre); applies "
                "where metal_applicable", p.source)
        for p in SPREADS
    ),
)  # fmt: skip


def _row(centre: tuple[str, ...]) -> dict[str, float]:
    if centre == (EMPTY,):
        return {"metal_is_empty_site": 1.0}
    if not centre:
        return {}
    row = {
        "metal_applicable": 1.0,
        "metal_is_dual": float(len(centre) == 2),
        "metal_centres": float(len(centre)),
    }
    row |= {p.name("metal", "mean"): p.of(centre).mean() for p in MEANS}
    row |= {p.name("metal", "spread"): float(np.ptp(p.of(centre))) for p in SPREADS}
    return row


BLOCK = Block(FEATURES, _row)
"""Component: the centre as a tuple of symbols, ``("vac",)`` or ``()``."""
