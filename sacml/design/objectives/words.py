"""Numbers and properties of elements as a reader wants them."""

import math

from sacml.design import supply

SCALES = {
    "hhi_production": "Herfindahl-Hirschman index, 0 to 10,000",
    "hhi_reserves": "Herfindahl-Hirschman index, 0 to 10,000",
    "hazard_rank": "ICH Q3D(R2)",
}
"""What a number without a unit is measured on."""
HAZARDS = {
    1.0: "class 1, the most toxic",
    2.0: "class 2",
    3.0: "class 3",
    4.0: "no class, the least toxic",
}
"""Ranks of `sacml.design.supply.RANKS` in words."""


def number(value: float, digits: int = 3) -> str:
    """Write a number in so many digits, from a thousand on in whole ones; seldom an exponent."""
    if not math.isfinite(value):
        return "unbounded"
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if not -6 <= magnitude < 9:
        return f"{value:.{digits - 1}e}"
    if magnitude >= 3:
        return f"{value:,.0f}"
    text = f"{value:.{max(digits - 1 - magnitude, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def element_value(quantity: str, value: float, unit: str | None) -> str:
    """Write a property of an element with its unit, a flag or a hazard in words."""
    if supply.is_flag(quantity):
        return "yes" if value else "no"
    if quantity == "hazard_rank" and value in HAZARDS:
        return HAZARDS[value]
    return number(value) + (f" {unit}" if unit else "")


def element_wish(quantity: str, direction: str, good: float, bad: float, unit: str | None) -> str:
    """Say which end of an element property is wanted, and the scale that it is measured on."""
    best, worst = (element_value(quantity, x, unit) for x in (good, bad))
    scale = f" ({SCALES[quantity]})" if quantity in SCALES else ""
    if supply.is_flag(quantity) or quantity == "hazard_rank":
        return f"best: {best}; worst: {worst}{scale}"
    return f"{direction}: best at {best}, worst at {worst}{scale}"
