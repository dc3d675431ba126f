"""Stability of the metal against its bulk, from our own labels: the objective and its gaps."""

import csv
from functools import cache

from sacml._resources import dataset_path
from sacml.design.objectives.objective import Objective

NAME = "stability"
HALF_RAMP_EV = 0.5
"""The ramp runs from as much below the bulk metal to as much above it, eV: at 0 eV the metal is as
well off in the site as in its bulk. The width is a choice."""
NOT_AVAILABLE = (
    "Stability of the metal against its bulk is not among the objectives: "
    "datasets/dft/stability.csv holds no label and there is no surrogate of metal_stability. "
    "Labels of the site, its empty site and the bulk metal at one level (`stability = true` in "
    "the configuration of `sacml label`) bring it in."
)


@cache
def stability_labels() -> tuple[tuple[str, float], ...]:
    """Sites with the energy of their metal against its bulk, eV, from the bundled labels.

    ``E(site) - E(empty site) - E(bulk metal)``, negative where the metal stays in the site; see
    datasets/dft/README.md. Rows without it, of metals whose bulk was not computed, are left out.
    """
    with dataset_path("dft", "stability.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["metal_stability_eV"]]
    return tuple((row["site"], float(row["metal_stability_eV"])) for row in rows)


def stability_objective(*, predicted: bool = False, weight: float = 0.5) -> Objective | None:
    """Return the objective, or None where there is neither a surrogate nor a label.

    From labels it counts for the sites that have one; the others count as the mean of these, so
    that they neither gain nor lose by not having been computed.

    Parameters
    ----------
    predicted
        Whether there is a surrogate of metal_stability.
    weight
        See `Objective`.
    """
    labels = () if predicted else stability_labels()
    if not predicted and not labels:
        return None
    return Objective(
        name=NAME,
        kind="target" if predicted else "label",
        quantity="metal_stability",
        direction="low",
        low=-HALF_RAMP_EV,
        high=HALF_RAMP_EV,
        unit="eV",
        weight=weight,
        gap="worst" if predicted else "mean",
        labels=labels,
        source="bulk metal at 0 eV, ramp of +-0.5 eV around it (a choice)"
        + ("" if predicted else f"; own labels of {len(labels)} sites, the others as their mean"),
    )
