import numpy as np
import pytest
from ase import Atoms
from hypothesis import given
from hypothesis import strategies as st

from sacml._resources import dataset_path
from sacml.labels import LabelError, binding_tasks, preset
from sacml.labels.embedding import embed
from sacml.labels.extxyz import unmark
from sacml.labels.measures import measure
from sacml.labels.relaxed_starts import begin_relaxed, read_relaxed
from sacml.labels.settings import ProtocolSettings
from sacml.structures import BuildOptions, add_alkali, build

OWN = preset("pbe-pw340")
WIDE = ProtocolSettings.from_dict(OWN.to_dict() | {"repeat": (5, 5)})
SMALL = build("Fe-N4@graphene", options=BuildOptions(repeat=(4, 4)))
LARGE = build("Fe-N4@graphene", options=BuildOptions(repeat=(5, 5)))


def near(atoms, centre, radius=2.2):
    """Symbols and distances of what is within a radius of the centre, sorted."""
    apart = atoms.get_distances(centre, range(len(atoms)), mic=True)
    return sorted((str(s), round(float(d), 4)) for s, d in zip(atoms.symbols, apart, strict=True)
                  if d < radius)  # fmt: skip


def turned(atoms, degrees, mirrored):
    """The same crystal in another orientation, its atoms wrapped and in another order."""
    copy = atoms.copy()
    if mirrored:
        flip = np.array([1.0, -1.0, 1.0])
        copy.positions *= flip
        copy.set_cell(copy.cell.array * flip)
    copy.rotate(degrees, "z", rotate_cell=True)
    copy.wrap()
    return copy[::-1]


@given(st.integers(0, 5), st.booleans(), st.integers(0, 1000))
def test_the_orientation_of_the_relaxed_cell_does_not_matter(k, mirrored, seed):
    shaken = add_alkali(SMALL, "Li", "ring6").atoms.copy()
    shaken.positions += np.random.default_rng(seed).normal(0, 0.03, shaken.positions.shape)
    there = turned(shaken, 60 * k, mirrored)
    found = embed(there, list(there.symbols).index("Fe"), LARGE.atoms, LARGE.centre[0])
    assert list(found.symbols) == [*LARGE.atoms.symbols, "Li"]
    # no atom within half the circle has moved against the centre, the alkali included
    assert near(found, LARGE.centre[0], 2.05) == near(there, list(there.symbols).index("Fe"), 2.05)
    assert found.get_distance(LARGE.centre[0], -1, mic=True) == pytest.approx(
        shaken.get_distance(SMALL.centre[0], -1, mic=True), abs=1e-6
    )
    apart = found.get_all_distances(mic=True) + 9 * np.eye(len(found))
    assert apart.min() > 1.2


def test_far_atoms_and_the_height_of_the_sheet_stay_as_built():
    lifted = SMALL.atoms.copy()
    lifted.positions[:, 2] += 1.7
    lifted.positions[SMALL.centre[0], 2] += 0.6
    found = embed(lifted, SMALL.centre[0], LARGE.atoms, LARGE.centre[0])
    moved = np.linalg.norm(found.positions - LARGE.atoms.positions, axis=1)
    reach = LARGE.atoms.get_distances(LARGE.centre[0], range(len(LARGE.atoms)), mic=True)
    assert moved[reach > 4.3].max() == 0
    out = found.positions[LARGE.centre[0], 2] - LARGE.atoms.positions[LARGE.centre[0], 2]
    assert out == pytest.approx(0.6, abs=0.01)


def test_moments_come_along():
    relaxed = SMALL.atoms.copy()
    moments = np.zeros(len(relaxed))
    moments[SMALL.centre[0]], moments[SMALL.shell[0]] = 2.5, -0.2
    relaxed.set_array("m", moments)
    found = embed(relaxed, SMALL.centre[0], LARGE.atoms, LARGE.centre[0])
    assert found.arrays["m"][LARGE.centre[0]] == 2.5
    assert found.arrays["m"].sum() == pytest.approx(2.3)
    assert found.arrays["m"][list(LARGE.shell)].min() == -0.2


def test_another_sheet_is_refused():
    other = Atoms(
        ["B" if s == "C" else s for s in LARGE.atoms.symbols], LARGE.atoms.positions,
        cell=LARGE.atoms.cell, pbc=LARGE.atoms.pbc,
    )  # fmt: skip
    with pytest.raises(LabelError, match=r"does not lie on .* begin this one from the builder"):
        embed(SMALL.atoms, SMALL.centre[0], other, LARGE.centre[0])
    far = SMALL.atoms.copy()
    far.positions[SMALL.shell[0], :2] += 1.1
    with pytest.raises(LabelError, match=r"an atom is \d\.\d\d A from the nearest place"):
        embed(far, SMALL.centre[0], LARGE.atoms, LARGE.centre[0])


@pytest.mark.parametrize(("metal", "place"), [("Zr", "ring5"), ("Fe", "ring6"), ("Zn", "top")])
def test_a_wider_cell_begins_where_the_label_ended(metal, place):
    relaxed = read_relaxed(dataset_path("dft", "structures.extxyz"))

    def begun(settings):
        tasks = binding_tasks(f"{metal}-N4@graphene", "Li", settings, (place,), relative=False)
        return {t.kind: begin_relaxed(t, relaxed, settings) for t in tasks}

    wide, own = begun(WIDE), begun(OWN)
    atoms, before = wide["adsorption"].atoms(), own["adsorption"].atoms()
    assert len(atoms) == len(before) + 18
    shape = measure(atoms, wide["site"].atoms())
    there = measure(before, own["site"].atoms())
    assert shape.metal_ligand_distances_A == pytest.approx(there.metal_ligand_distances_A, abs=1e-4)
    assert shape.metal_alkali_distance_A == pytest.approx(there.metal_alkali_distance_A, abs=1e-4)
    (centre,), (old,) = unmark(atoms.info["centre"]), unmark(before.info["centre"])
    now, then = atoms.get_initial_magnetic_moments(), before.get_initial_magnetic_moments()
    assert now[centre] == pytest.approx(then[old], abs=1e-9)
