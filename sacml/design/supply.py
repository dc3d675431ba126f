"""What the metals of a site cost and what stands against them, with gaps kept as gaps."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sacml.domain.elements import column_info, element
from sacml.errors import DesignError

HAZARD_CLASSES = ("1", "2A", "2B", "3", "other", "unassessed")
"""Classes of ICH Q3D(R2), and `unassessed` for elements that the guideline does not name."""


RANKS = {"hazard_rank": {"1": 1.0, "2A": 2.0, "2B": 2.0, "3": 3.0, "other": 4.0}}
"""Numbers for words of the element table. `hazard_rank` is the class of ICH Q3D(R2), 1 the most
toxic, 4 for elements that it names without a class; 2A and 2B differ in how likely the element
occurs in a product (europeanpharmaceuticalreview.com/article/82507). Elements that it does not name
have none."""


def unit_of(name: str) -> str | None:
    """Return the unit of a numeric element property, or raise with what is allowed."""
    if name in RANKS:
        return None
    info = column_info(name)
    if info.dtype == "str":
        raise DesignError(
            f"element property {name!r} is a text and cannot be an objective; take a number such "
            "as price_usd_per_kg, hhi_production, eu_critical_raw_material or hazard_rank"
        )
    return info.unit


def is_flag(name: str) -> bool:
    """Whether an element property says yes or no."""
    return name not in RANKS and column_info(name).dtype == "bool"


def value(symbol: str, prop: str) -> float:
    """Return an element property as a float, NaN where the table has a gap."""
    if prop in RANKS:
        return RANKS[prop].get(element(symbol).ich_q3d_class or "", float("nan"))
    found = getattr(element(symbol), prop)
    return float("nan") if found is None else float(found)


def hazard_class(symbol: str) -> str:
    """Hazard class of an element, `unassessed` where the table has a gap."""
    return element(symbol).ich_q3d_class or "unassessed"


def of_centres(
    centres: Sequence[tuple[str, ...]], prop: str, worst: Callable[[list[float]], float]
) -> NDArray[np.float64]:
    """Property of the worst metal of each centre set.

    Parameters
    ----------
    centres
        Symbols of each centre set.
    prop
        Element property.
    worst
        `max` where small is good, `min` where large is good.

    Returns
    -------
    ndarray of shape (len(centres),)
        In the unit of the property; NaN where a metal of the set has a gap, or there is none.
    """
    out = np.full(len(centres), np.nan)
    for i, symbols in enumerate(centres):
        numbers = [value(s, prop) for s in symbols if s != "vac"]
        if numbers and not np.isnan(numbers).any():
            out[i] = worst(numbers)
    return out
