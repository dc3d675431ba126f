"""Units as people write them in a header, turned into one factor and offset per column."""

import re
from functools import cache
from typing import Any

from sacml.errors import UnitError

CONDITION_UNITS = {
    "current_density": "mA cm-2",
    "areal_capacity": "mAh cm-2",
    "temperature": "degC",
}
"""Unit in which each condition is stored; the attribute of `Conditions` ends with it."""

EXAMPLES = {
    "eV": "eV, meV, kJ/mol, kcal/mol",
    "mV": "mV, V, uV",
    "h": "h, min, days",
    "%": "pct, percent, fraction",
    "mA cm-2": "mA_cm2, A_m2, uA_cm2",
    "mAh cm-2": "mAh_cm2, C_cm2, Ah_m2",
    "degC": "C, K, degF",
}
_SAME = {
    "%": ("%", "pct", "percent"),
    "mA cm-2": ("mA_cm2", "mA/cm2", "mA cm-2"),
    "mAh cm-2": ("mAh_cm2", "mAh/cm2", "mAh cm-2"),
    "degC": ("degC", "C", "°C", "celsius"),
}
_TEMPERATURES = {"K": "kelvin", "F": "degF", "°F": "degF"}


@cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry()


def _expression(text: str) -> str:
    """Turn ``mA_cm2``, ``mA cm-2`` or ``kJ/mol`` into an expression that pint reads."""
    text = re.sub(r"\s*\*?\s*([A-Za-zµμ]+)\s*\^?-\s*(\d)", r"/\1**\2", text.strip())
    text = text.replace("·", "*").replace("^", "**")
    first, *rest = re.split(r"[_\s/]+", text)
    text = "/".join([first, *rest])
    text = re.sub(r"([A-Za-zµμ])(\d)", r"\1**\2", text)
    # pint takes Ah for an atto-hour or nothing at all
    return re.sub(r"\b([munkµμ]?)Ah\b", r"\1A*hour", text)


@cache
def conversion(unit: str, to: str, what: str) -> tuple[float, float]:
    """Return (factor, offset): a value in `unit` times factor plus offset is the value in `to`.

    Energies per mole are turned into energies per particle with the Avogadro constant of pint.

    Parameters
    ----------
    unit
        As written by the user.
    to
        Unit of storage, one of the keys of `EXAMPLES`.
    what
        Name of the quantity, for the message.

    Raises
    ------
    UnitError
        If the unit is missing, unknown or of another dimension.
    """
    text = unit.strip()
    remedy = f"{what} can be given in {EXAMPLES.get(to, to)}"
    if not text:
        raise UnitError(f"{what} has no unit; {remedy}")
    if text == to or text in _SAME.get(to, ()):
        return 1.0, 0.0
    if to == "%":
        if text in ("fraction", "1"):
            return 100.0, 0.0
        raise UnitError(f"unknown unit {unit!r} of {what}; {remedy}")
    if to == "degC":
        text = _TEMPERATURES.get(text, text)
    import pint

    registry = _registry()
    try:
        source = registry.parse_units(_expression(text))
        target = registry.parse_units(_expression(to))
        zero, one = registry.Quantity(0.0, source), registry.Quantity(1.0, source)
        if (source / registry.mole**-1).dimensionality == target.dimensionality:
            zero, one = zero / registry.avogadro_constant, one / registry.avogadro_constant
        offset = float(zero.to(target).magnitude)
        return float(one.to(target).magnitude) - offset, offset
    except pint.DimensionalityError:
        raise UnitError(f"unit {unit!r} does not fit {what}; {remedy}") from None
    except Exception:  # pint raises tokenizer and attribute errors of many kinds for bad text
        raise UnitError(f"unknown unit {unit!r} of {what}; {remedy}") from None
