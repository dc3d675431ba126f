"""Whether a site is whole once the alkali is on, and which starts may be its label."""

import numpy as np
import pytest
from ase import Atoms
from ase.data import covalent_radii

from sacml.domain.neighbours import BONDED
from sacml.labels import LabelError, TaskResult, binding_label, binding_labels, starts
from sacml.labels.extxyz import unmark
from sacml.labels.shells import Ended, counted, shell_kept
from sacml.labels.task import to_extxyz
from sacml.structures import add_alkali, build


def square(scale, metal="Zn"):
    """A metal with four N around it, each bond a multiple of the sum of the radii."""
    bond = scale * (covalent_radii[30] + covalent_radii[7])
    around = bond * np.array([[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]])
    return Atoms(f"{metal}N4", np.vstack([[0, 0, 0], around]), cell=[20] * 3, pbc=True)


@pytest.mark.parametrize(("scale", "kept"), [(1.0, True), (BONDED - 0.01, True),
                                             (BONDED + 0.01, False), (1.65, False)])  # fmt: skip
def test_a_bond_is_open_above_a_multiple_of_the_radii(scale, kept):
    assert shell_kept(square(scale), [0], [1, 2, 3, 4]) is kept


def test_one_open_bond_is_enough_and_bonds_reach_across_the_cell():
    atoms = square(1.0)
    atoms.wrap()
    assert shell_kept(atoms, [0], [1, 2, 3, 4])
    atoms.positions[1] += [1.5, 0, 0]
    assert not shell_kept(atoms, [0], [1, 2, 3, 4])
    assert shell_kept(atoms, [0], [2, 3, 4])
    assert shell_kept(atoms, [], [1])


def test_of_two_centres_the_nearer_one_counts():
    atoms = square(1.0)
    atoms += Atoms("Zn", [[8, 0, 0]])
    assert shell_kept(atoms, [0, 5], [1, 2, 3, 4])


def test_what_stopped_on_the_way_out_counts_no_more_than_what_arrived():
    ended = [
        Ended("top", converged=True, kept=False), Ended("top", converged=False, kept=True),
        Ended("top", converged=True, kept=True), Ended("ring5", converged=False, kept=True),
    ]  # fmt: skip
    assert counted(ended) == [False, False, True, True]
    assert counted(ended[3:]) == [True]


@pytest.fixture(scope="module")
def results():
    """Zinc whose lithium from the top ends in its place, 0.5 eV lower."""
    site = build("Zn-N4@graphene")

    def done(key, kind, energy, atoms=None):
        return TaskResult(
            key=key, kind=kind, status="ok", settings_digest="d", level_of_theory="t",
            energy_eV=energy, width_eV=0.1, geometry=None if atoms is None else to_extxyz(atoms),
            geometry_converged=True, timings_s={"all": 1.0},
        )  # fmt: skip

    found = [done("atom/Li", "atom", -1.0), done("site/Zn-N4@graphene", "site", -100.0,
                                                 described(site))]  # fmt: skip
    for place, energy in (("ring5", -102.4), ("ring6", -102.3), ("top", -102.9)):
        atoms = described(add_alkali(site, "Li", place))
        if place == "top":
            atoms.positions[list(site.centre)] -= [0, 0, 2.4]
        found.append(done(f"ads/Zn-N4@graphene/Li/{place}", "adsorption", energy, atoms))
    return found


def described(structure):
    return starts.described(structure, moments=np.zeros(len(structure.atoms)))


def test_the_label_is_the_lowest_start_that_leaves_the_metal_in_its_place(results):
    label = binding_label("Zn-N4@graphene", "Li", results)
    assert label.start == "ring5"
    assert label.binding_energy_atom_eV == pytest.approx(-1.4)
    assert [e for _, e in label.starts] == pytest.approx([-1.9, -1.4, -1.3])
    assert label.shell_lost == ("ads/Zn-N4@graphene/Li/top",)
    assert any("top not counted: the metal left its shell" in flag for flag in label.flags)
    assert unmark(results[2].atoms().info["centre"])


def test_a_start_that_stopped_on_the_way_there_is_passed_over(results):
    on_the_way = results[2].model_copy(update={
        "key": "ads/Zn-N4@graphene/Li/top/m2.0", "geometry_converged": False, "energy_eV": -102.5
    })  # fmt: skip
    label = binding_label("Zn-N4@graphene", "Li", [*results, on_the_way])
    assert label.start == "ring5"
    assert label.shell_lost == ("ads/Zn-N4@graphene/Li/top",)


def test_without_a_start_that_leaves_it_whole_there_is_no_label(results):
    lost = [r for r in results if "/ring" not in r.key]
    with pytest.raises(LabelError, match=r"from every start.*top \(-1\.90 eV\)"):
        binding_label("Zn-N4@graphene", "Li", lost)
    labels, refused = binding_labels(lost)
    assert labels == []
    assert refused[0][0] == "Zn-N4@graphene;Li"
