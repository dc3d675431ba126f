"""The geometry descriptors of one structure, from its neighbourhood."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sacml.features.geometry_bonds import Floats, Pairs, pairs_within, shortest
from sacml.features.geometry_features import DENSITY_RADIUS_A, REFERENCE_CC_A, SINGLED_OUT
from sacml.features.geometry_local import Neighbourhood, Plane

_TETRAHEDRON_deg = float(np.degrees(np.arccos(-1.0 / 3.0)))
_BALL_A3 = 4.0 / 3.0 * np.pi * DENSITY_RADIUS_A**3


def local_descriptors(
    atoms: Any,
    centre: tuple[int, ...],
    shell: Sequence[int] = (),
    reference_cc_A: float = REFERENCE_CC_A,
) -> dict[str, float]:
    """Values by name without prefix; what does not apply is left out (its mask is 0)."""
    around = Neighbourhood.of(atoms, centre, shell)
    shells = [around.shell(m) for m in centre]
    seen = [around.surroundings(m) for m in centre]
    planes = [plane for plane, _ in seen]
    row = _shell_values(around, shells) | _angle_values(shells) | _counts(around, shells)
    row["density_per_A3"] = float(np.mean([n for _, n in seen])) / _BALL_A3
    row |= _plane_values(planes) | _strain_values(around, reference_cc_A) | _cell_values(around)
    return row | _alkali_values(around, planes)


def _statistics(name: str, unit: str, values: Floats, kinds: Sequence[str]) -> dict[str, float]:
    return {f"{name}_{k}_{unit}": float(getattr(values, k)()) for k in kinds}


def _shell_values(around: Neighbourhood, shells: Sequence[Pairs]) -> dict[str, float]:
    row = {"coordination_number": float(np.mean([len(s.second) for s in shells]))}
    if len(around.centre) == 2:
        gap = around.positions[around.centre[1]] - around.positions[around.centre[0]]
        row["dual_applicable"] = 1.0
        row["metal_metal_distance_A"] = float(np.linalg.norm(shortest(around.lattice, gap)))
    d = np.concatenate([s.distance for s in shells])
    if not len(d):
        return row
    radii = np.concatenate([around.radii[s.second] + around.radii[s.first] for s in shells])
    row |= _statistics("bond_length", "A", d, ("min", "mean", "max", "std"))
    return row | {"shell_applicable": 1.0, "bond_stretch_mean": float((d / radii).mean())}


def _angle_values(shells: Sequence[Pairs]) -> dict[str, float]:
    angles, tau4, flat = [], [], []
    for shell in shells:
        n = len(shell.second)
        if n < 2:
            continue
        unit = shell.vector / shell.distance[:, None]
        cosines = (unit @ unit.T)[np.triu_indices(n, 1)].clip(-1.0, 1.0)
        found = np.degrees(np.arccos(cosines))
        angles.append(found)
        if n == 4:
            a, b = np.sort(found)[-2:]
            tau4.append((360.0 - (a + b)) / (360.0 - 2.0 * _TETRAHEDRON_deg))
        plane = Plane.through(np.vstack([shell.vector, np.zeros(3)])) if n >= 3 else None
        if plane is not None:
            flat.append(plane.rms_A)
    row: dict[str, float] = {}
    if angles:
        row = _statistics("angle", "deg", np.concatenate(angles), ("min", "mean", "max"))
        row["angle_applicable"] = 1.0
    if tau4:
        row |= {"tau4_applicable": 1.0, "tau4": float(np.mean(tau4))}
    if flat:
        row |= {"planarity_applicable": 1.0, "planarity_rms_A": float(np.mean(flat))}
    return row


def _counts(around: Neighbourhood, shells: Sequence[Pairs]) -> dict[str, float]:
    first = {member for shell in shells for member in around.members(shell)}
    row = {
        "shell_size": float(len(first)),
        "axial_count": float(sum(around.loose[atom] for atom, *_ in first)),
    }
    for name, members in (("shell_count", first), ("second_shell_count", around.onward(first))):
        for atom, *_ in members:
            symbol = around.symbols[atom]
            key = f"{name}_{symbol.lower() if symbol in SINGLED_OUT else 'other'}"
            row[key] = row.get(key, 0.0) + 1.0
    return row


def _plane_values(planes: Sequence[Plane | None]) -> dict[str, float]:
    found = [p for p in planes if p is not None]
    if not found:
        return {}
    return {
        "plane_applicable": 1.0,
        "height_A": float(np.mean([abs(p.offset_A) for p in found])),
        "corrugation_rms_A": float(np.mean([p.rms_A for p in found])),
    }


def _strain_values(around: Neighbourhood, reference_cc_A: float) -> dict[str, float]:
    carbon = np.array([s == "C" for s in around.symbols]) & ~around.loose
    both = carbon[around.bonds.first] & carbon[around.bonds.second]
    if not both.any():
        return {}
    stretch = around.bonds.distance[both] / reference_cc_A - 1.0
    return {
        "cc_applicable": 1.0,
        "cc_strain_mean": float(stretch.mean()),
        "cc_strain_max": float(np.abs(stretch).max()),
    }


def _cell_values(around: Neighbourhood) -> dict[str, float]:
    vectors = around.lattice.vectors
    if not len(vectors):
        return {}
    images = around.lattice.images(float(np.linalg.norm(vectors, axis=1).min()))
    lengths = np.linalg.norm(images[images.any(axis=1)] @ vectors, axis=1)
    return {"periodic_applicable": 1.0, "image_distance_A": float(lengths.min())}


def _nearest_alkali(around: Neighbourhood) -> tuple[float, int, int, Floats]:
    """Distance, centre (position in the list), alkali atom and vector of the closest pair."""
    found = []
    for k, metal in enumerate(around.centre):
        for atom in around.alkali:
            v = shortest(around.lattice, around.positions[atom] - around.positions[metal])
            found.append((float(np.linalg.norm(v)), k, atom, v))
    return min(found, key=lambda entry: entry[0])


def _alkali_values(around: Neighbourhood, planes: Sequence[Plane | None]) -> dict[str, float]:
    if not around.alkali:
        return {}
    distance, k, atom, vector = _nearest_alkali(around)
    is_alkali = np.isin(np.arange(len(around.symbols)), around.alkali)
    touching = (around.bonds.first == atom) & ~is_alkali[around.bonds.second]
    # the centre is no alkali: nothing nearer than it can lie beyond its distance
    near = pairs_within(around.lattice, np.array([atom]), around.positions, distance + 1e-6)
    row = {
        "alkali_applicable": 1.0,
        "alkali_metal_distance_A": distance,
        "alkali_contacts": float(touching.sum()),
        "alkali_nearest_A": float(near.distance[~is_alkali[near.second]].min()),
    }
    plane = planes[k]
    if plane is None:
        return row
    along = float(vector @ plane.normal)
    side = 1.0 if along >= plane.offset_A else -1.0
    return row | {
        "alkali_lateral_A": float(np.linalg.norm(vector - along * plane.normal)),
        "alkali_height_A": abs(along - plane.offset_A),
        "height_toward_alkali_A": -plane.offset_A * side,
    }
