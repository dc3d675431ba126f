"""Starting structures of the tasks, made when what they need is there."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from ase import Atoms

from sacml.domain.sites import Site
from sacml.labels.extxyz import mark, unmark
from sacml.labels.metals import bulk_metal
from sacml.labels.settings import ProtocolSettings
from sacml.labels.several import add_several
from sacml.labels.task import LabelError, Task, TaskResult
from sacml.structures import Structure, add_alkali, build, places

ATOM_MOMENTS_MU_B = {
    "Li": 1, "Na": 1, "K": 1, "Sc": 1, "Ti": 2, "V": 3, "Cr": 6, "Mn": 5, "Fe": 4, "Co": 3,
    "Ni": 2, "Cu": 1, "Zn": 0, "Mg": 0, "Ca": 0, "Al": 1, "Ga": 1, "Ge": 2, "Sn": 2, "Sb": 3,
    "In": 1, "Y": 1, "Zr": 2, "Nb": 5, "Mo": 6, "Ru": 4, "Rh": 3, "Pd": 0, "Ag": 1, "Cd": 0,
    "Hf": 2, "Ta": 3, "W": 4, "Re": 5, "Os": 4, "Ir": 3, "Pt": 2, "Au": 1, "Pb": 2, "Bi": 3,
}  # fmt: skip
"""Moment that an isolated atom is held at, Bohr magnetons; source: the bundled campaign's table."""
ATOM_PLACE = (0.5, 6.2 / 12.3, 6.1 / 12.1)
"""Place of the isolated atom in its box, in fractions; off the middle, as in the campaign."""


def choose_places(site: Site | str, alkali: str, settings: ProtocolSettings) -> tuple[str, ...]:
    """Names of the places to try: one of each kind, in the builder's order, on both faces.

    The first ``settings.starts`` kinds are taken; where there are fewer kinds, further distinct
    places of the same kind. Places on the other face, there where the metal stands out of the
    plane, come in addition.
    """
    structure = build(site, options=settings.build_options())
    found = [p.name for p in places(structure, alkali, settings.build_options())]
    named = [p for p in found if not p.startswith("neighbour")] or found
    front = [p for p in named if not p.endswith("f")]
    kinds = [p for p in front if "_" not in p]
    chosen = (kinds + [p for p in front if "_" in p])[: settings.starts]
    return tuple(p for c in chosen for p in (c, f"{c}f") if p in named)


def prepare(task: Task, settings: ProtocolSettings, results: Mapping[str, TaskResult]) -> Task:
    """Return the task with its starting structure written into it.

    Parameters
    ----------
    results
        Results by key; those that the task needs have to be there.

    Raises
    ------
    LabelError
        If a needed result is missing, failed, or belongs to other settings.
    StructureError
        If the structure cannot be built, or the relaxed site has no such place.
    """
    for key in task.needs:
        _check_need(task, key, results.get(key))
    if task.inputs.structure is not None:
        return task
    if task.kind == "single_point":
        return task.with_structure(_again(results[task.needs[0]]))
    if task.kind == "atom":
        return task.with_structure(_atom(task.inputs.element or "", settings))
    if task.kind == "bulk":
        return task.with_structure(bulk_metal(task.inputs.element or ""))
    structure = build(task.inputs.site or "", options=settings.build_options())
    moment = task.inputs.centre_moment_muB
    if task.kind == "site":
        return task.with_structure(described(structure, moments=_moments(structure, moment)))
    relaxed = results[task.needs[0]].atoms()
    moved, options = on_relaxed(structure, relaxed), settings.build_options()
    alkali, place = task.inputs.alkali or "", task.inputs.place
    if task.kind == "loading":
        with_alkali = add_several(moved, alkali, task.inputs.count or 0, place or "", options)
    else:
        with_alkali = add_alkali(moved, alkali, place, options)
    moments = np.append(_found(relaxed), np.zeros(len(with_alkali.atoms) - len(relaxed)))
    if moment is not None:
        moments = _moments(with_alkali, moment)
    return task.with_structure(described(with_alkali, moments=moments))


def on_relaxed(structure: Structure, relaxed: Atoms) -> Structure:
    """Put the relaxed positions of the same atoms into a built structure.

    A site that began from a structure made elsewhere has its atoms in another order; its own marks
    then say which are the centre and its shell.
    """
    same = list(relaxed.symbols) == list(structure.atoms.symbols)
    alike = Counter(relaxed.symbols) == Counter(structure.atoms.symbols)
    if not same and not (alike and relaxed.info.get("centre")):
        raise LabelError(
            f"{structure.candidate}: the relaxed site holds {relaxed.get_chemical_formula()}, the "
            f"builder makes {structure.atoms.get_chemical_formula()}"
        )
    atoms = Atoms(relaxed.symbols, relaxed.positions, cell=relaxed.cell, pbc=structure.atoms.pbc)
    if not same:
        centre, shell = unmark(relaxed.info["centre"]), unmark(relaxed.info.get("shell"))
        x, y, z = (float(v) for v in atoms.positions[list(centre)].mean(axis=0))
        return replace(structure, atoms=atoms, centre=centre, shell=shell, anchor=(x, y, z))
    anchor = structure.anchor
    if structure.centre:
        shift = relaxed.positions - structure.atoms.positions
        x, y, z = np.array(anchor) + shift[list(structure.centre)].mean(axis=0)
        anchor = (float(x), float(y), float(z))
    return replace(structure, atoms=atoms, anchor=anchor)


def described(structure: Structure, moments: np.ndarray) -> Atoms:
    """Atoms with moments, and with what the measures need in ``info``."""
    atoms = structure.atoms.copy()
    atoms.set_initial_magnetic_moments(moments)
    atoms.info = {
        "site": str(structure.site), "alkali": structure.alkali or "none",
        "place": structure.place or "none", "centre": mark(structure.centre),
        "shell": mark(structure.shell), "normal": np.array(structure.normal, dtype=float),
    }  # fmt: skip
    return atoms


def _check_need(task: Task, key: str, result: TaskResult | None) -> None:
    if result is None:
        raise LabelError(f"{task.key} needs {key}, which has no result yet")
    if not result.ok:
        raise LabelError(f"{task.key} needs {key}, which failed: {result.reason}")
    if result.settings_digest != task.settings_digest:
        raise LabelError(
            f"{task.key} belongs to settings {task.settings_digest}, {key} to "
            f"{result.settings_digest}: labels of different settings are not mixed"
        )


def _moments(structure: Structure, moment: float | None) -> np.ndarray:
    """Moments (n_atoms,): the given one on each centre, or the table's."""
    moments = structure.to_atoms().get_initial_magnetic_moments()
    if moment is not None:
        moments = np.zeros(len(structure.atoms))
        moments[list(structure.centre)] = moment
    return np.asarray(moments, dtype=float)


def _found(atoms: Atoms) -> np.ndarray:
    """Moments that a calculation ended with; without them a spin state would be lost."""
    return np.array(atoms.arrays.get("moments_muB", np.zeros(len(atoms))), dtype=float)


def _again(result: TaskResult) -> Atoms:
    """Final structure of a result with its moments as the start."""
    atoms = result.atoms()
    moments = _found(atoms)
    for name in ("moments_muB", "forces_eV_A"):
        atoms.arrays.pop(name, None)
    atoms.set_initial_magnetic_moments(moments)
    return atoms


def _atom(symbol: str, settings: ProtocolSettings) -> Atoms:
    if symbol not in ATOM_MOMENTS_MU_B:
        raise LabelError(
            f"the moment of an isolated {symbol} atom is not in the protocol's table "
            f"({', '.join(ATOM_MOMENTS_MU_B)}); give the task a structure of its own"
        )
    box = np.array(settings.atom_box_A)
    moments = [float(ATOM_MOMENTS_MU_B[symbol])]
    return Atoms(symbol, [box * ATOM_PLACE], cell=box, pbc=True, magmoms=moments)
