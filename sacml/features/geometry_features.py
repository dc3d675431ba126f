"""The list of geometry descriptors: name, unit, definition, formula's source."""

from dataclasses import dataclass

import numpy as np

from sacml.features.feature import Feature
from sacml.features.geometry_bonds import BOND_FACTOR, SHIELD_FACTOR

PREFIX = "geom_"
DENSITY_RADIUS_A = 5.0
"""Radius of the ball around the centre in which atoms are counted."""
PLANE_RADIUS_A = 4.5
"""Host atoms this close to the centre make the plane of the sheet."""
LOOSE_FRAGMENT = 5
"""Bonded groups of fewer atoms, once centre and alkali are taken out, are ligands, not host."""
REFERENCE_CC_A = 2.467 / np.sqrt(3.0)
"""C-C bond of graphene with the lattice constant of our DFT protocol (PBE, 2.467 A)."""

SINGLED_OUT = ("C", "N", "O", "S", "P", "B", "H")

_BONDED = f"d < {BOND_FACTOR:g} x sum of covalent radii (element table)"
_TAU4 = (
    "tau4 = (360 - (a + b)) / (360 - 2 arccos(-1/3)): Yang, Powell, Houser, Dalton Trans. 2007, "
    "955, doi:10.1039/b617136b"
)
_FIT = "plane of least squared distances: Pearson, Phil. Mag. 2 (1901) 559"


@dataclass(frozen=True, slots=True)
class GeometryFeature(Feature):
    """A descriptor of a structure; the same fields as every `Feature`, group ``geometry``."""

    masks: tuple[str, ...] = ()
    """Masks that must all be 1 for the value to apply."""

    def __post_init__(self) -> None:
        if self.group != "geometry" or not self.name.startswith(PREFIX):
            raise ValueError(f"feature {self.name!r} of {self.group!r} is none of the geometry")


def _value(
    name: str, unit: str, definition: str, source: str = "geometry", masks: tuple[str, ...] = ()
) -> GeometryFeature:
    full = tuple(f"{PREFIX}{mask}" for mask in masks)
    applies = f"; applies where {' and '.join(full)}" if full else ""
    return GeometryFeature(
        PREFIX + name, unit, "geometry", "value", definition + applies, source, full
    )


def _mask(name: str, definition: str, source: str = "geometry") -> GeometryFeature:
    return GeometryFeature(PREFIX + name, "1", "geometry", "mask", definition, source)


_SHELL, _ANGLE, _CC = ("shell_applicable",), ("angle_applicable",), ("cc_applicable",)
_PLANE, _ALKALI = ("plane_applicable",), ("alkali_applicable",)
_WORDS = {"min": "smallest", "mean": "mean", "max": "largest", "std": "standard deviation"}

FEATURES: tuple[GeometryFeature, ...] = (
    _mask("shell_applicable", "1 where the centre has a neighbour", _BONDED),
    _value("coordination_number", "1",
           "neighbours of the centre (mean over two centres), alkali and the other centre not "
           f"counted; an atom bonded to a neighbour and over {SHIELD_FACTOR:g} times as far is "
           "second shell; metals of the host count where they are marked or nothing else is near",
           _BONDED),
    _value("shell_size", "1", "different neighbours of all centres", _BONDED),
    *(_value(f"bond_length_{s}_A", "angstrom", f"M-X distance, {_WORDS[s]} over the first shell",
             _BONDED, _SHELL) for s in ("min", "mean", "max", "std")),
    _value("bond_stretch_mean", "1", "mean of M-X distance over the sum of the covalent radii",
           "element table: covalent_radius_A", _SHELL),
    _mask("angle_applicable", "1 where a centre has two neighbours or more", _BONDED),
    *(_value(f"angle_{s}_deg", "degree", f"X-M-X angle, {_WORDS[s]} over all pairs of neighbours "
             "of a centre", masks=_ANGLE) for s in ("min", "mean", "max")),
    _mask("tau4_applicable", "1 where a centre has exactly four neighbours", _BONDED),
    _value("tau4", "1", "four-coordinate index from the two largest angles a, b: 0 square planar, "
           "1 tetrahedral (mean over centres of four neighbours)", _TAU4, ("tau4_applicable",)),
    _mask("planarity_applicable", "1 where a centre has three neighbours or more", _BONDED),
    _value("planarity_rms_A", "angstrom", "root mean square distance of a centre and its "
           "neighbours from their plane: 0 flat (mean over centres)", _FIT,
           ("planarity_applicable",)),
    _mask("plane_applicable", f"1 where three host atoms or more lie within {PLANE_RADIUS_A:g} A "
          "of the centre and not on one line"),
    _value("height_A", "angstrom", "distance of the centre from the plane of the host atoms "
           f"within {PLANE_RADIUS_A:g} A, without sign (mean over centres)", _FIT, _PLANE),
    _value("corrugation_rms_A", "angstrom", "root mean square distance of these host atoms from "
           "their plane", _FIT, _PLANE),
    _mask("cc_applicable", "1 where the host has C-C bonds", _BONDED),
    _value("cc_strain_mean", "1", "mean C-C bond of the host over the reference bond, minus 1 "
           f"(reference by default {REFERENCE_CC_A:.4f} A: graphene of the DFT protocol)",
           "DFT protocol: a = 2.467 A", _CC),
    _value("cc_strain_max", "1", "largest of |C-C bond / reference - 1|",
           "DFT protocol: a = 2.467 A", _CC),
    *(_value(f"shell_count_{s.lower()}", "1", f"{s} atoms in the first shell", _BONDED)
      for s in SINGLED_OUT),
    _value("shell_count_other", "1", "first-shell atoms of any other element", _BONDED),
    *(_value(f"second_shell_count_{s.lower()}", "1", f"{s} atoms bonded to the first shell and "
             "not in it", _BONDED) for s in SINGLED_OUT),
    _value("second_shell_count_other", "1", "second-shell atoms of any other element", _BONDED),
    _value("axial_count", "1", "first-shell atoms that belong to a ligand: a bonded group of "
           f"fewer than {LOOSE_FRAGMENT} atoms once centre and alkali are taken out", _BONDED),
    _mask("dual_applicable", "1 where there are two centres"),
    _value("metal_metal_distance_A", "angstrom", "distance of the two centres",
           masks=("dual_applicable",)),
    _mask("periodic_applicable", "1 where the structure repeats along any direction"),
    _value("image_distance_A", "angstrom", "distance of a centre from its nearest periodic image",
           masks=("periodic_applicable",)),
    _value("density_per_A3", "angstrom-3", "atoms, centres and alkali not counted, within "
           f"{DENSITY_RADIUS_A:g} A of the centre, over the volume of that ball (mean over "
           "centres)"),
    _mask("alkali_applicable", "1 where there is an Li, Na or K atom"),
    _value("alkali_metal_distance_A", "angstrom", "shortest distance of a centre and an alkali "
           "atom; the other alkali_ values are of this pair", masks=_ALKALI),
    _value("alkali_lateral_A", "angstrom", "part of that distance along the plane of the host",
           _FIT, _ALKALI + _PLANE),
    _value("alkali_height_A", "angstrom", "distance of the alkali atom from the plane of the host",
           _FIT, _ALKALI + _PLANE),
    _value("height_toward_alkali_A", "angstrom", "height of that centre, positive on the side of "
           "the alkali atom", _FIT, _ALKALI + _PLANE),
    _value("alkali_contacts", "1", "atoms bonded to the alkali atom", _BONDED, _ALKALI),
    _value("alkali_nearest_A", "angstrom", "distance of the alkali atom from the nearest atom "
           "that is no alkali", masks=_ALKALI),
)  # fmt: skip

NAMES: tuple[str, ...] = tuple(f.name for f in FEATURES)
POSITION = {name: i for i, name in enumerate(NAMES)}
