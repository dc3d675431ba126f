from dataclasses import replace

import numpy as np
import pytest

from sacml.structures import BuildOptions, StructureError, build, build_many, check, problems


def changed(structure, **fields):
    atoms = structure.atoms.copy()
    for key, value in fields.pop("atoms", {}).items():
        setattr(atoms, key, value)
    return replace(structure, atoms=atoms, **fields)


@pytest.fixture
def cobalt():
    return build("Co-N4@graphene")


def test_a_good_structure_passes(cobalt):
    assert check(cobalt) is cobalt


def test_atoms_too_close(cobalt):
    positions = cobalt.atoms.positions.copy()
    positions[0] = positions[1] + [0.5, 0, 0]
    found = problems(changed(cobalt, atoms={"positions": positions}))
    assert any("atoms too close: C0 and C1 are 0.50 A apart" in p for p in found)


def test_coordination_must_be_the_asked_one(cobalt):
    positions = cobalt.atoms.positions.copy()
    positions[cobalt.centre[0], 2] += 2.5
    found = problems(changed(cobalt, atoms={"positions": positions}))
    assert any("not bonded" in p and "Co-N4@graphene" in p for p in found)


def test_shell_must_hold_the_asked_elements(cobalt):
    numbers = cobalt.atoms.numbers.copy()
    numbers[cobalt.shell[0]] = 8
    assert "the shell holds N N N O" in problems(changed(cobalt, atoms={"numbers": numbers}))[0]


def test_centres_must_be_there(cobalt):
    assert "1 centres were asked" in problems(replace(cobalt, centre=()))[0]


def test_extra_neighbour_is_found(cobalt):
    atoms = cobalt.atoms.copy()
    atoms.append("O")
    atoms.positions[-1] = atoms.positions[cobalt.centre[0]] + [0, 0, 1.9]
    found = problems(replace(cobalt, atoms=atoms))
    assert found == ("Co-N4@graphene: besides N4 the centre has the neighbours O; none were asked",)


def test_strain_limit(cobalt):
    assert "strained by 8.0%; the limit is 5.0%" in problems(replace(cobalt, strain=0.08))[0]


def test_small_cell():
    small = build("Co-N4@graphene", options=BuildOptions(repeat=(2, 2)))
    assert any("4.93 A from a periodic image" in p for p in problems(small))


def test_no_vacuum():
    thin = build("Co-N4@graphene", options=BuildOptions(vacuum_A=4.5))
    assert "4.50 A of vacuum" in problems(thin)[0]


def test_not_a_number(cobalt):
    positions = cobalt.atoms.positions.copy()
    positions[0, 0] = np.nan
    assert "not a finite number" in problems(changed(cobalt, atoms={"positions": positions}))[0]


def test_overlapping_alkali_is_named():
    loaded = build("Co-N4@graphene", "K", "top")
    positions = loaded.atoms.positions.copy()
    positions[loaded.alkali_index] -= [0, 0, 1.5]
    with pytest.raises(StructureError, match="the alkali overlaps"):
        check(changed(loaded, atoms={"positions": positions}))


def test_batch_reports_everything_at_once():
    built, refused = build_many(
        ["Co-N4@graphene", "Co-N2@n_doped_carbon", "Xx-N4@graphene", "Fe-N4@graphene;Li", "Co-?@g",
         "Fe-N4@graphene;Rb"]
    )  # fmt: skip
    assert [s.candidate for s in built] == ["Co-N4@graphene", "Fe-N4@graphene Li ring6"]
    assert [given for given, _ in refused] == [
        "Co-N2@n_doped_carbon", "Xx-N4@graphene", "Co-?@g", "Fe-N4@graphene;Rb",
    ]  # fmt: skip
    assert all(reason for _, reason in refused)


def test_batch_runs_the_checks():
    built, refused = build_many(["Co-N4@graphene"], options=BuildOptions(repeat=(2, 2)))
    assert not built
    assert "periodic image" in refused[0][1]
    assert build_many(["Co-N4@graphene"], BuildOptions(repeat=(2, 2)), check=False)[0]


def test_places_of_a_batch():
    given = ["Co-N4@graphene;Li", "Co-N4@graphene;K"]
    built, _ = build_many(given, places={"Li": "top", "K": "ring5"})
    assert [s.place for s in built] == ["top", "ring5"]
    built, refused = build_many(given, places=["hollow", "nowhere"])
    assert [s.place for s in built] == ["hollow"]
    assert "no place 'nowhere'" in refused[0][1]
