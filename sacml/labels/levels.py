"""Names of levels of theory."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sacml.labels.settings import ProtocolSettings

CHGNET = "chgnet"
CALCULATORS = {CHGNET: "chgnet.model.dynamics:CHGNetCalculator"}
"""Calculators that have a word of their own."""
METHODS = {
    "tblite.ase:TBLite": ("method", "GFN2-xTB"),
    "xtb.ase.calculator:XTB": ("method", "GFN2-xTB"),
    "chgnet.model.dynamics:CHGNetCalculator": ("model", "CHGNet"),
}
"""Calculators that hold several methods: keyword argument that names one, and their default."""


def calculator_path(word: str) -> str | None:
    """``MODULE:CLASS`` of ``ase:MODULE:CLASS`` or of a word of `CALCULATORS`; None for others."""
    if word in CALCULATORS:
        return CALCULATORS[word]
    kind, *path = word.split(":")
    return ":".join(path) if kind == "ase" and len(path) == 2 and all(path) else None


def method_of(path: str, options: dict[str, str | int | float | bool]) -> str:
    """Name of what a calculator computes: its method where it holds several, else its class."""
    argument, default = METHODS.get(path, ("method", path.rpartition(":")[2]))
    return str(options.get(argument, default))


def level_of_theory(settings: "ProtocolSettings") -> str:
    """Level of the energy, and behind ``//`` that of the geometry where it is another one.

    ``GPAW-PW340/PBE``, ``GPAW-LCAO-dzp/PBE//ASE-CHGNet``, ``ASE-GFN1-xTB``.
    """
    if path := calculator_path(settings.engine):
        level = f"ASE-{method_of(path, settings.engine_options)}"
    elif settings.engine == "gpaw":
        plane = settings.mode == "pw"
        basis = f"PW{settings.ecut_eV:g}" if plane else f"LCAO-{settings.basis}"
        level = f"GPAW-{basis}/{settings.xc}"
    else:
        level = f"{settings.engine.upper()}/{settings.xc}"
    if settings.max_steps:
        return level
    moved = settings.prerelax_path
    by = f"ASE-{method_of(moved, settings.prerelax_options)}" if moved else settings.prerelax
    return f"{level}//{by}"
