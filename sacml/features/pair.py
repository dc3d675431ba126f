"""Descriptors of two components together: how the centre, its shell and the alkali metal differ."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sacml.features.feature import Block, Feature

Column = NDArray[np.float64]


class Columns(Protocol):
    """Columns by feature name, all of one length."""

    def __getitem__(self, name: str, /) -> Column:
        """One column."""
        ...


def _pair(name: str, unit: str, words: str, formula: str, mask: str) -> Feature:
    return Feature(
        f"pair_{name}", unit, "pair", "value", f"{words}; applies where {mask}",
        f"formula: {formula}",
    )  # fmt: skip


SITE_FEATURES = (
    _pair("metal_shell_electronegativity_difference", "1",
          "electronegativity of the neighbours (mean) minus that of the centres (mean)",
          "x(shell) - x(metal)", "metal_applicable"),
    _pair("metal_shell_radius_sum_A", "angstrom",
          "estimate of the bond length: mean covalent radius of centres plus that of neighbours",
          "r(metal) + r(shell)", "metal_applicable"),
    _pair("metal_shell_radius_ratio", "1",
          "mean covalent radius of the neighbours over that of the centres",
          "r(shell) / r(metal)", "metal_applicable"),
    _pair("neighbours_per_centre", "1", "neighbours of the first shell per centre",
          "coordination number / centres", "metal_applicable"),
    _pair("valence_electrons_per_neighbour", "1",
          "valence electrons of all centres per neighbour",
          "centres * valence electrons (mean) / coordination number", "metal_applicable"),
    _pair("d_electrons_x_shell_electronegativity", "1",
          "d electrons of the centres (mean) times the summed electronegativity of the neighbours "
          "per centre", "d electrons * coordination number * x(shell) / centres",
          "metal_applicable"),
    _pair("metal_alkali_electronegativity_difference", "1",
          "electronegativity of the centres (mean) minus that of the alkali metal",
          "x(metal) - x(alkali)", "metal_applicable"),
    _pair("metal_alkali_radius_ratio", "1",
          "mean covalent radius of the centres over that of the alkali metal",
          "r(metal) / r(alkali)", "metal_applicable"),
    _pair("metal_alkali_first_ionization_energy_difference_eV", "eV",
          "first ionisation energy of the centres (mean) minus that of the alkali metal",
          "I(metal) - I(alkali)", "metal_applicable"),
    _pair("metal_alkali_cohesive_energy_difference_eV", "eV/atom",
          "atomisation enthalpy of the centres' elements (mean) minus that of the alkali metal",
          "E(metal) - E(alkali)", "metal_applicable"),
    _pair("shell_alkali_electronegativity_difference", "1",
          "electronegativity of the neighbours (mean) minus that of the alkali metal",
          "x(shell) - x(alkali)", "shell_applicable"),
)  # fmt: skip
"""Depend on centre, shell and alkali metal."""

SUPPORT_FEATURES = (
    _pair("host_alkali_electronegativity_difference", "1",
          "mean electronegativity of the bare host minus that of the alkali metal",
          "x(host) - x(alkali)", "host_composition_known"),
    _pair("active_alkali_electronegativity_difference", "1",
          "mean electronegativity of the active elements minus that of the alkali metal",
          "x(active) - x(alkali)", "mod_active_known"),
)  # fmt: skip
"""Depend on host, modifier and alkali metal."""

FEATURES = (*SITE_FEATURES, *SUPPORT_FEATURES)


class Rows:
    """Columns of a block's matrix, taken by index when asked for."""

    def __init__(self, block: Block, matrix: Column, index: NDArray[np.intp]) -> None:
        self._block, self._matrix, self._index = block, matrix, index

    def __getitem__(self, name: str, /) -> Column:
        return self._matrix[self._index, self._block.position[name]]


def site_pairs(metal: Columns, shell: Columns, alkali: Columns) -> Column:
    """Values of `SITE_FEATURES` for n combinations, shape (n, 11)."""
    has_metal, has_shell = metal["metal_applicable"] > 0, shell["shell_applicable"] > 0
    x_metal, x_shell = metal["metal_electronegativity_mean"], shell["shell_electronegativity_mean"]
    r_metal, r_shell = metal["metal_covalent_radius_mean_A"], shell["shell_covalent_radius_mean_A"]
    x_alkali, number = alkali["alkali_electronegativity"], shell["shell_coordination_number"]
    # where there is no centre or no shell the quotient is not used
    centres = np.where(has_metal, metal["metal_centres"], 1.0)
    some = np.where(has_shell, number, 1.0)
    values = {
        "metal_shell_electronegativity_difference": x_shell - x_metal,
        "metal_shell_radius_sum_A": r_metal + r_shell,
        "metal_shell_radius_ratio": r_shell / np.where(has_metal, r_metal, 1.0),
        "neighbours_per_centre": number / centres,
        "valence_electrons_per_neighbour": centres * metal["metal_valence_electrons_mean"] / some,
        "d_electrons_x_shell_electronegativity": (
            metal["metal_d_electrons_mean"] * number * x_shell / centres
        ),
        "metal_alkali_electronegativity_difference": x_metal - x_alkali,
        "metal_alkali_radius_ratio": r_metal / alkali["alkali_covalent_radius_A"],
        "metal_alkali_first_ionization_energy_difference_eV": (
            metal["metal_first_ionization_energy_mean_eV"]
            - alkali["alkali_first_ionization_energy_eV"]
        ),
        "metal_alkali_cohesive_energy_difference_eV": (
            metal["metal_cohesive_energy_mean_eV"] - alkali["alkali_cohesive_energy_eV"]
        ),
        "shell_alkali_electronegativity_difference": x_shell - x_alkali,
    }
    masks = dict.fromkeys(values, has_metal)
    masks["shell_alkali_electronegativity_difference"] = has_shell
    return _stack(SITE_FEATURES, values, masks)


def support_pairs(host: Columns, modifier: Columns, alkali: Columns) -> Column:
    """Values of `SUPPORT_FEATURES` for n combinations, shape (n, 2)."""
    x_alkali = alkali["alkali_electronegativity"]
    host_name = "host_alkali_electronegativity_difference"
    active_name = "active_alkali_electronegativity_difference"
    values = {
        host_name: host["host_electronegativity_mean"] - x_alkali,
        active_name: modifier["mod_active_electronegativity_mean"] - x_alkali,
    }
    masks = {
        host_name: host["host_composition_known"] > 0,
        active_name: modifier["mod_active_known"] > 0,
    }
    return _stack(SUPPORT_FEATURES, values, masks)


def _stack(
    features: tuple[Feature, ...],
    values: Mapping[str, Column],
    masks: Mapping[str, NDArray[np.bool_]],
) -> Column:
    columns = []
    for feature in features:
        key = feature.name.removeprefix("pair_")
        columns.append(np.where(masks[key], values[key], 0.0))
    return np.stack(columns, axis=1)
