"""Starting structures from finished calculations, in place of the builder's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.io import iread

from sacml.domain.sites import Site
from sacml.labels.embedding import embed
from sacml.labels.extxyz import mark
from sacml.labels.protocol import adsorption_key, site_key
from sacml.labels.settings import ProtocolSettings
from sacml.labels.shells import first_shell
from sacml.labels.table import OTHER_DFT
from sacml.labels.task import LabelError, Task
from sacml.structures import Structure, build


def read_relaxed(path: str | Path) -> dict[str, Atoms]:
    """Final structures of sites with one centre, by the key of their task.

    Parameters
    ----------
    path
        ``structures.extxyz`` in the format of datasets/dft.

    Returns
    -------
    The lowest of each key; of datasets/dft those at the protocol's own settings alone, as energies
    of other settings or cells are not comparable.

    Raises
    ------
    LabelError
        If the file cannot be read, or holds no such structure.
    """
    lowest: dict[str, Atoms] = {}
    try:
        for atoms in iread(path, index=":", format="extxyz"):
            key = _key(atoms.info)
            if key is None or atoms.info.get("fidelity") == OTHER_DFT:
                continue
            before = lowest.get(key)
            if before is None or atoms.info["energy_eV"] < before.info["energy_eV"]:
                lowest[key] = atoms
    except (OSError, ValueError, KeyError) as error:
        raise LabelError(f"cannot read relaxed structures from {path}: {error}") from None
    if not lowest:
        raise LabelError(
            f"{path} holds no relaxed site with one metal; give a structures.extxyz in the format "
            "of datasets/dft"
        )
    return lowest


def begin_relaxed(task: Task, relaxed: Mapping[str, Atoms], settings: ProtocolSettings) -> Task:
    """Return a task of a site, or of a site with its alkali, that begins where another ended.

    The moments begin where they ended too, unless the task has a starting moment of its own. Tasks
    of other kinds, and those of sites without a metal, are returned as they are. Where the
    settings ask for a larger cell, the relaxed surroundings of the centre are put into it
    (`sacml.labels.embedding`).

    Raises
    ------
    LabelError
        If there is no such structure, or it does not fit into the cell of the settings.
    """
    given = task.inputs
    if task.kind not in ("site", "adsorption") or not Site.parse(given.site or "").metals:
        return task
    assert given.site is not None
    alkali, place = given.alkali, given.place
    key = site_key(given.site) if alkali is None else adsorption_key(
        given.site, alkali, place or ""
    )  # fmt: skip
    if key not in relaxed:
        alike = key.rpartition("/")[0] + "/" if alkali else "site/"
        there = [k.removeprefix(alike) for k in relaxed if k.startswith(alike)]
        raise LabelError(
            f"no relaxed structure of {key} to begin from; there are: {', '.join(there) or 'none'}"
        )
    found = relaxed[key]
    ours = build(given.site, options=settings.build_options())
    centre = int(found.info["metal_index"])
    shell = first_shell(found, centre, Site.parse(given.site))
    if np.allclose(ours.atoms.cell.array, found.cell.array, atol=0.01):
        if len(found) != len(ours.atoms) + (alkali is not None):
            raise LabelError(
                f"{key}: the relaxed structure holds {len(found)} atoms, the site with what is on "
                f"it {len(ours.atoms) + (alkali is not None)}: begin this one from the builder"
            )
    else:
        found = _in_larger(key, found, centre, ours)
        centre, shell = ours.centre[0], ours.shell
    moments = np.array(found.arrays.get("m", np.zeros(len(found))), dtype=float)
    if given.centre_moment_muB is not None:
        moments = np.zeros(len(found))
        moments[centre] = given.centre_moment_muB
    atoms = Atoms(found.symbols, found.positions, cell=ours.atoms.cell, pbc=ours.atoms.pbc)
    atoms.set_initial_magnetic_moments(moments)
    atoms.info = {
        "site": given.site, "alkali": alkali or "none", "place": place or "none",
        "centre": mark((centre,)), "shell": mark(shell), "normal": np.array([0.0, 0.0, 1.0]),
    }  # fmt: skip
    return task.with_structure(atoms)


def _in_larger(key: str, found: Atoms, centre: int, ours: Structure) -> Atoms:
    """Put a relaxed site into the larger cell that is asked for."""
    if ours.atoms.cell.volume < found.cell.volume:
        raise LabelError(
            f"{key}: the relaxed structure has a larger cell ({len(found)} atoms) than these "
            f"settings ask for ({len(ours.atoms)} atoms): begin this one from the builder"
        )
    try:
        return embed(found, centre, ours.atoms, ours.centre[0])
    except LabelError as error:
        raise LabelError(f"{key}: {error}") from None


def _key(info: Mapping[str, Any]) -> str | None:
    """Key of the task that a frame is the end of; None where it is not of one centre."""
    number = info.get("metal_index")
    if number is None or int(number) < 0:
        return None
    alkali, place = info.get("alkali"), info.get("start")
    if alkali is None:
        return site_key(str(info["site"]))
    return adsorption_key(str(info["site"]), str(alkali), str(place))
