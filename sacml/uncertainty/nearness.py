"""How near a metal is to the metals that were trained on, by its element properties.

A metal that no training record holds says little by its name: Rh beside a trained Co, Ni and Pd is
another matter than Ba. The distance of two metals is the root mean square difference of the
properties below, each in units of its standard deviation over the trained metals. Near is what
lies no further from a trained metal than the trained metals lie from each other: the limit is the
conformal quantile (`sacml.uncertainty.quantile`) of the distance of every trained metal to the
nearest other one, taken as if that metal had not been trained on.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sacml.domain.elements import element_property
from sacml.uncertainty.quantile import upper_quantile

PROPERTIES = (
    "period", "covalent_radius_A", "electronegativity_pauling", "first_ionization_energy_eV",
    "second_ionization_energy_eV", "valence_electrons", "d_electrons", "unpaired_electrons",
    "cohesive_energy_eV", "melting_point_K",
)  # fmt: skip
"""Columns of the element table: those that describe the centre of a site to the models."""


@lru_cache(maxsize=1000)
def nearest_metal(metal: str, trained: tuple[str, ...]) -> tuple[str, float]:
    """Nearest trained metal and its distance, in trained standard deviations a property.

    `trained` holds at least one metal; a property that does not vary over them is left out.
    """
    table = _standardised((*trained, metal), len(trained))
    distance = np.sqrt(((table[:-1] - table[-1]) ** 2).mean(axis=1))
    best = int(np.argmin(distance))
    return trained[best], float(distance[best])


def metal_limit(trained: Sequence[str], level: float) -> float:
    """Largest distance that counts as near; infinite where the metals are too few to say.

    With `level` 0.9 at least nine trained metals are needed.
    """
    if len(trained) < 2:
        return np.inf
    names = tuple(trained)
    apart = [nearest_metal(m, names[:i] + names[i + 1 :])[1] for i, m in enumerate(names)]
    return float(upper_quantile(np.array(apart), np.ones(len(names)), len(names), level))


def _standardised(metals: tuple[str, ...], n_trained: int) -> NDArray[np.float64]:
    """Properties (n, k) in units of their deviation over the first `n_trained` metals."""
    table = np.array([[element_property(m, p) for p in PROPERTIES] for m in metals])
    scale = table[:n_trained].std(axis=0)
    varies = scale > 0
    return table[:, varies] / scale[varies] if varies.any() else np.zeros((len(metals), 1))
