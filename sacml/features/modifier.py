"""Descriptors of what the material is: class of modifier and the elements named as active."""

from sacml.domain.modifiers import MODIFIER_CLASSES, Modifier
from sacml.features import elemental as el
from sacml.features.feature import Block, Feature, one_hots

WITHOUT_ACTIVE = ("support", "bare")
"""Classes in which nothing is added that could be active."""
MEANS = (el.ELECTRONEGATIVITY, el.RADIUS, el.COHESIVE)

FEATURES = (
    *one_hots("mod_class", MODIFIER_CLASSES, "modifier", "the class of the modifier",
              "record: modifier class"),
    Feature("mod_active_applicable", "1", "modifier", "mask",
            "1 where the modifier adds something that can be active; 0 for a support or a bare "
            "metal without named active elements", "record: modifier class"),
    Feature("mod_active_known", "1", "modifier", "mask",
            "1 where active elements are named", "record: active elements"),
    Feature("mod_active_count", "1", "modifier", "value",
            "number of different active elements; known where mod_active_known",
            "record: active elements"),
    *(
        Feature(p.name("mod_active", "mean"), p.unit, "modifier", "value",
                f"{p.words}, mean over the different active elements; known where "
                "mod_active_known", p.source)
        for p in MEANS
    ),
)  # fmt: skip


def _row(modifier: Modifier) -> dict[str, float]:
    row = {f"mod_class_{modifier.modifier_class}": 1.0}
    active = modifier.active_elements
    if active or modifier.modifier_class not in WITHOUT_ACTIVE:
        row["mod_active_applicable"] = 1.0
    if active:
        row |= {"mod_active_known": 1.0, "mod_active_count": float(len(active))}
        row |= {p.name("mod_active", "mean"): float(p.of(active).mean()) for p in MEANS}
    return row


BLOCK = Block(FEATURES, _row)
"""Component: a `Modifier`."""
