"""Settings by name."""

from typing import Any

from sacml.errors import unknown
from sacml.labels.settings import ProtocolSettings

TINY: dict[str, Any] = {
    "name": "tiny",
    "ecut_eV": 150.0,
    "kpts": (1, 1, 1),
    "max_steps": 2,
    "atom_box_A": (6.0, 6.1, 6.2),
    "bulk_kpts": (3, 3, 3),
    "energy_convergence_eV": 1e-3,
    "density_convergence": 1e-2,
    "relax_density_convergence": 1e-2,
    "eigenstates_eV2": 1e-3,
    "atom_density_convergence": 1e-2,
    "atom_eigenstates_eV2": 1e-3,
}
"""Settings for tests: seconds instead of minutes, energies without meaning."""

LCAO: dict[str, Any] = {"name": "pbe-lcao-dzp", "mode": "lcao"}
"""The protocol with a basis of atomic orbitals, energies and geometries alike."""
LCAO_ON_CHGNET: dict[str, Any] = {
    "name": "pbe-lcao-dzp-on-chgnet", "mode": "lcao", "prerelax": "chgnet", "max_steps": 0,
}  # fmt: skip
"""One LCAO single point at the geometry of a learned potential: the cheapest route to a DFT energy.

How far it is from the protocol is to be measured on each kind of site before it serves.
"""

PRESETS: dict[str, dict[str, Any]] = {
    "pbe-pw340": {}, "pbe-lcao-dzp": LCAO, "pbe-lcao-dzp-on-chgnet": LCAO_ON_CHGNET, "tiny": TINY,
}  # fmt: skip


def preset(name: str) -> ProtocolSettings:
    """Settings by name: ``pbe-pw340`` (the protocol), its cheaper relatives, ``tiny`` (tests)."""
    if name not in PRESETS:
        raise unknown("protocol preset", name, list(PRESETS))
    return ProtocolSettings.from_dict(PRESETS[name])
