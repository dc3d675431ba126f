"""What a model card says about use and limits, by target."""

from collections.abc import Mapping
from types import MappingProxyType

INTENDED_USE: Mapping[str, str] = MappingProxyType(
    {
        "binding_energy": (
            "Rough ranking of sites by how strongly they bind one Li, Na or K atom, at the level "
            "of theory of the labels, to decide which site to calculate next."
        ),
        "nucleation_overpotential": (
            "A first expectation of the nucleation overpotential to be measured under stated test "
            "conditions, with the error that comparable papers had."
        ),
        "cycle_life": (
            "A first expectation of the hours that a paper would demonstrate under stated test "
            "conditions, with the error that comparable papers had."
        ),
        "other": "A first expectation of the value, with the error that held-out groups had.",
    }
)

LIMITS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "binding_energy": (
            "One level of theory, neutral cells and few start geometries: a label may bind 0.1 to "
            "0.3 eV too weakly where few starts were tried (see DATA_CARD.md).",
            "A binding energy is no overpotential and no cycle life: that stronger binding means "
            "better plating is the review's reading, not a result of this model.",
            "Not comparable with energies of another functional or reference state.",
        ),
        "nucleation_overpotential": (
            "Values of different papers differ in cell, current and the way they are read; the "
            "prediction cannot tell these apart where they are not stated.",
        ),
        "cycle_life": (
            "The target is demonstrated life: most printed hours are the length of a test, not the "
            "end of a cell. Only a censored model fits bounds as bounds, the others take them as "
            "printed; the error is one-sided for all, which favours models that predict long "
            "lives.",
        ),
        "all": (
            "The error is pooled over held-out groups of a small and selective literature or set "
            "of calculations; a candidate marked out of domain lies outside of it.",
            "The model was chosen by the very figure that is printed here, so that figure is "
            "slightly optimistic.",
            "Not for safety decisions, and no substitute for a calculation or a measurement.",
        ),
    }
)
