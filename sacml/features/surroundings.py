"""Descriptors of what stands around the first shell: axial ligands and second-shell dopants."""

from collections.abc import Mapping

from sacml.features import elemental as el
from sacml.features.feature import Block, Feature
from sacml.features.shell import HALOGENS

DONORS: Mapping[str, str] = {
    "OH": "O", "O": "O", "O2": "O", "H": "H", "H2O": "O", "F": "F", "Cl": "Cl", "Br": "Br",
    "I": "I", "N": "N", "NH3": "N", "CN": "C", "CO": "C", "S": "S",
}  # fmt: skip
"""Axial ligand -> the atom by which it is bound to the metal."""

_MEAN = el.ELECTRONEGATIVITY

FEATURES = (
    Feature("shell_axial_applicable", "1", "shell", "mask",
            "1 where at least one axial ligand is written", "notation: +ligand"),
    Feature("shell_axial_count", "1", "shell", "value",
            "number of axial ligands", "notation: +ligand"),
    Feature("shell_axial_oxygen_count", "1", "shell", "value",
            "axial ligands bound by O (OH, O, O2, H2O)", "notation: +ligand"),
    Feature("shell_axial_halogen_count", "1", "shell", "value",
            "axial ligands that are a halogen", "notation: +ligand"),
    Feature(_MEAN.name("shell_axial", "mean"), "1", "shell", "value",
            f"{_MEAN.words} of the bound atoms of the axial ligands, mean; applies where "
            "shell_axial_applicable", _MEAN.source),
    Feature("shell_second_applicable", "1", "shell", "mask",
            "1 where at least one dopant in the second shell is written", "notation: ~dopants"),
    Feature("shell_second_count", "1", "shell", "value",
            "number of dopants in the second shell", "notation: ~dopants"),
    Feature(_MEAN.name("shell_second", "mean"), "1", "shell", "value",
            f"{_MEAN.words} of the second-shell dopants, mean; applies where "
            "shell_second_applicable", _MEAN.source),
)  # fmt: skip


def _row(component: tuple[tuple[str, ...], tuple[tuple[str, int], ...]]) -> dict[str, float]:
    axial, second = component
    row: dict[str, float] = {}
    if axial:
        donors = [DONORS[a] for a in axial]
        row |= {
            "shell_axial_applicable": 1.0,
            "shell_axial_count": float(len(axial)),
            "shell_axial_oxygen_count": float(donors.count("O")),
            "shell_axial_halogen_count": float(sum(d in HALOGENS for d in donors)),
            _MEAN.name("shell_axial", "mean"): float(_MEAN.of(donors).mean()),
        }
    if second:
        dopants = [s for s, n in second for _ in range(n)]
        row |= {
            "shell_second_applicable": 1.0,
            "shell_second_count": float(len(dopants)),
            _MEAN.name("shell_second", "mean"): float(_MEAN.of(dopants).mean()),
        }
    return row


BLOCK = Block(FEATURES, _row)
"""Component: ``(axial, second_shell)`` as they stand in a `Site`."""
