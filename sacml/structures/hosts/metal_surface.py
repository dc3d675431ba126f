"""Bare metals, the controls of the review: close-packed surfaces without a site."""

from typing import Any

import numpy as np
from ase import Atoms
from ase.build import bcc110, fcc111
from ase.data import atomic_numbers, reference_states

from sacml.domain import Site
from sacml.structures.hosts.mos2 import central
from sacml.structures.hosts.placing import Skeleton, finish, refuse
from sacml.structures.options import BuildOptions
from sacml.structures.registry import host_builder
from sacml.structures.structure import RawSite

LATTICES = "Ashcroft and Mermin, Solid State Physics, as shipped with ASE (ase.data)"
METALS = {"cu_foil": "Cu", "li_metal": "Li", "na_metal": "Na", "k_metal": "K"}
_FACES = {"fcc": (fcc111, "(111)"), "bcc": (bcc110, "(110)")}
LAYERS = 4
NOTE = (
    "A control without a site: a clean, unrelaxed, close-packed surface of the crystal stands for "
    "the metal, whose grains, steps, oxide and surface layers are left out."
)


def slab(metal: str, repeat: tuple[int, int]) -> tuple[Atoms, str]:
    """Cut `LAYERS` layers of a metal's close-packed face; the slab and the face in words."""
    state: Any = reference_states[atomic_numbers[metal]]
    cut, face = _FACES[state["symmetry"]]
    return cut(metal, size=(*repeat, LAYERS), a=state["a"]), face


@host_builder("cu_foil", source=f"lattice of Cu: {LATTICES}", counted=False, note=NOTE)
@host_builder("li_metal", source=f"lattice of Li: {LATTICES}", counted=False, note=NOTE)
@host_builder("na_metal", source=f"lattice of Na: {LATTICES}", counted=False, note=NOTE)
@host_builder("k_metal", source=f"lattice of K: {LATTICES}", counted=False, note=NOTE)
def build_metal_surface(site: Site, options: BuildOptions) -> RawSite:
    """Build the bare surface of a metal; an alkali is sought around a hollow of its top layer."""
    if len(site.host.parts) > 1 or not site.is_pristine:
        raise refuse(site, f"{site.host.name} is built bare and alone")
    metal = METALS[site.host.name]
    atoms, face = slab(metal, options.repeat or (3, 3))
    positions, cell = atoms.positions, atoms.cell.array[:2, :2]
    top = positions[:, 2].max()
    anchor = positions[central(positions, positions[:, 2] > top - 0.1, cell)]
    notes = (f"{metal} {face}, {LAYERS} layers.",)
    skeleton = Skeleton(
        tuple(atoms.get_chemical_symbols()), positions, cell, np.zeros((0, 3)), (), anchor, 1,
        notes, "",
    )  # fmt: skip
    return finish(site, options, skeleton)
