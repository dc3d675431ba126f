import pytest

from sacml.data.importers.units import conversion
from sacml.errors import UnitError


@pytest.mark.parametrize(
    ("unit", "to", "given", "stored"),
    [
        ("V", "mV", 0.029, 29.0),
        ("mV", "mV", 29, 29),
        ("days", "h", 10, 240),
        ("d", "h", 10, 240),
        ("min", "h", 90, 1.5),
        ("meV", "eV", -1200, -1.2),
        ("kJ/mol", "eV", 96.485332, 1.0),
        ("kJ_mol", "eV", 96.485332, 1.0),
        ("kJ mol-1", "eV", 96.485332, 1.0),
        ("kcal/mol", "eV", 23.060548, 1.0),
        ("A_m2", "mA cm-2", 10, 1.0),
        ("uA/cm2", "mA cm-2", 500, 0.5),
        ("mA cm-2", "mA cm-2", 3, 3),
        ("mA/cm^2", "mA cm-2", 3, 3),
        ("C_cm2", "mAh cm-2", 3.6, 1.0),
        ("uAh_cm2", "mAh cm-2", 60, 0.06),
        ("Ah_m2", "mAh cm-2", 10, 1.0),
        ("K", "degC", 298.15, 25.0),
        ("C", "degC", 25, 25),
        ("degF", "degC", 212, 100),
        ("fraction", "%", 0.98, 98),
        ("pct", "%", 98, 98),
    ],
)
def test_units_are_converted(unit, to, given, stored):
    factor, offset = conversion(unit, to, "quantity")
    assert given * factor + offset == pytest.approx(stored, rel=1e-6)


@pytest.mark.parametrize(
    ("unit", "to", "text"),
    [
        ("", "mV", "has no unit"),
        ("furlongs", "h", "does not fit"),
        ("mVolts_", "mV", "unknown unit"),
        ("eV", "mV", "does not fit"),
        ("mA", "mA cm-2", "does not fit"),
        ("h", "eV", "does not fit"),
        ("ppm", "%", "unknown unit"),
        ("(", "h", "unknown unit"),
        ("3", "h", "unknown unit|does not fit"),
    ],
)
def test_units_that_do_not_fit_say_what_does(unit, to, text):
    with pytest.raises(UnitError, match=text) as error:
        conversion(unit, to, "cycle_life")
    assert "can be given in" in str(error.value)
