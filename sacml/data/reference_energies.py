"""Reference energies that turn a binding energy against the atom into the other two forms."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from sacml._resources import dataset_path
from sacml.domain.elements import ALKALI
from sacml.errors import SacmlError


@dataclass(frozen=True, slots=True)
class BindingReferences:
    """Reference energies of our protocol per alkali metal, in eV.

    Attributes
    ----------
    cohesive_energy_eV
        Energy of the isolated atom minus that of an atom in the bcc bulk (positive). The binding
        energy against the bulk is the one against the atom plus this.
    graphene_binding_eV
        Binding energy on pristine graphene against the isolated atom (negative), on the same 2x2
        k-mesh as the labels. The relative energy is the one against the atom minus this.
    level_of_theory
        The protocol.
    """

    cohesive_energy_eV: Mapping[str, float]
    graphene_binding_eV: Mapping[str, float]
    level_of_theory: str


@cache
def references() -> BindingReferences:
    """Read the reference energies from the bundled dataset `dft`."""
    atoms: dict[str, float] = {}
    bulks: dict[str, float] = {}
    graphene: dict[str, float] = {}
    levels: set[str] = set()
    with dataset_path("dft", "calculations.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["status"] != "ok" or row["fidelity"] != "dft_own":
                continue
            if row["kind"] in ("atom", "bulk"):
                energies = atoms if row["kind"] == "atom" else bulks
                energies[row["element"]] = float(row["energy_eV"])
    with dataset_path("dft", "binding.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["fidelity"] != "dft_own":
                continue
            levels.add(row["level_of_theory"])
            if row["site"] == "@graphene" and row["lowest_of_starts"] == "True":
                graphene[row["alkali"]] = float(row["binding_energy_atom_eV"])
    missing = [a for a in ALKALI if not (a in atoms and a in bulks and a in graphene)]
    if missing or len(levels) != 1:
        raise SacmlError(
            f"datasets/dft lacks references of {', '.join(missing) or 'one level of theory'}; "
            "rebuild it with datasets/dft/build.py from a campaign that holds atom, bulk and "
            "graphene of every alkali metal"
        )
    return BindingReferences(
        MappingProxyType({a: atoms[a] - bulks[a] for a in ALKALI}),
        MappingProxyType({a: graphene[a] for a in ALKALI}),
        levels.pop(),
    )
