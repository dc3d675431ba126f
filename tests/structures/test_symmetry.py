import subprocess
import sys

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from hypothesis import given, settings
from hypothesis import strategies as st

from sacml.structures import (
    START_MOMENTS_MU_B,
    BuildOptions,
    StructureError,
    build,
    builders,
    content_id,
    equivalent,
    host_builder,
    stand_ins,
)

SITES = ("Co-N4@graphene", "Zr-N2C2(cis5)@graphene", "Fe+Ni-N6@graphene", "Co-N4@cnt(6,6)")
CODE = "from sacml.structures import build\nfor s in {sites!r}: print(build(s, 'Li').structure_id)"


def test_ids_are_the_same_in_every_process():
    here = [build(s, "Li").structure_id for s in SITES]
    assert len(set(here)) == len(SITES)
    assert all(len(i) == 16 and int(i, 16) >= 0 for i in here)
    # another machine has another processor, for which BLAS rounds in another order
    for seed, threads, processor in (("1", "1", "Nehalem"), ("2", "2", "")):
        given = {"PYTHONHASHSEED": seed, "OPENBLAS_NUM_THREADS": threads}
        if processor:
            given["OPENBLAS_CORETYPE"] = processor
        out = subprocess.run(
            [sys.executable, "-c", CODE.format(sites=SITES)], check=True, text=True,
            capture_output=True, env=given,
        )  # fmt: skip
        assert out.stdout.split() == here


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shift=st.tuples(*[st.floats(-20, 20)] * 2),
    lift=st.floats(-1, 1),
)
def test_id_ignores_order_translation_and_origin(seed, shift, lift):
    atoms = build("Co-N2C2(cis6)@graphene", "Na").atoms
    moved = atoms[np.random.default_rng(seed).permutation(len(atoms))]
    moved.positions += [*shift, lift]
    moved.wrap()
    assert content_id(moved) == content_id(atoms)


def test_id_sees_what_differs():
    base = build("Co-N4@graphene", "Li", "ring5")
    others = [
        build("Co-N4@graphene", "Li", "ring6"),
        build("Co-N4@graphene", "Na", "ring5"),
        build("Fe-N4@graphene", "Li", "ring5"),
        build("Co-N4@graphene"),
        build("Co-N4@graphene", "Li", "ring5", BuildOptions(vacuum_A=15.0)),
    ]
    assert len({base.structure_id, *(o.structure_id for o in others)}) == 6
    stretched = base.atoms.copy()
    stretched.positions[0, 0] += 0.01
    assert content_id(stretched) != base.structure_id
    with pytest.raises(ValueError, match="without atoms"):
        content_id(Atoms())


def turned(atoms, angle, mirror=False):
    copy = atoms.copy()
    copy.rotate(angle, "z", rotate_cell=True)
    if mirror:
        copy.positions[:, 2] *= -1
    copy.positions += [0.3, -1.1, 2.2]
    order = np.random.default_rng(3).permutation(len(copy))
    return copy[order]


@pytest.mark.parametrize("site", ["Co-N4@graphene", "Zr-N2C2(cis5)@graphene", "vac-N3@graphene"])
def test_rotated_and_mirrored_structures_are_equivalent(site):
    one = build(site).atoms
    assert equivalent(one, turned(one, 37.0))
    assert equivalent(one, turned(one, 120.0, mirror=True))


def test_equal_arrangements_are_recognised_and_others_told_apart():
    """All twelve ways to lay N2CO around the pore: three kinds, as Burnside counts."""
    from itertools import permutations

    base = build("Co-N4@graphene", options=BuildOptions(prerelax=False))
    kinds = []
    for letters in sorted(set(permutations("NNCO"))):
        atoms = base.atoms.copy()
        for k, letter in zip(base.shell, letters, strict=True):
            atoms.symbols[k] = letter
        if not any(equivalent(atoms, other) for other in kinds):
            kinds.append(atoms)
    assert len(kinds) == 3


def test_isomers_are_not_equivalent():
    three = [build(f"Co-N2C2({i})@graphene") for i in ("cis5", "cis6", "trans")]
    pairs = [(a, b) for k, a in enumerate(three) for b in three[k + 1 :]]
    assert not any(equivalent(a, b) for a, b in pairs)
    assert not equivalent(build("Co-N4@graphene"), build("Fe-N4@graphene"))
    assert not equivalent(build("Co-N4@graphene"), build("Co-N4@graphene", "Li"))


def test_molecules_in_any_orientation():
    water = molecule("H2O")
    other = water.copy()
    other.rotate(40, (1, 2, 3))
    assert equivalent(water, other[[2, 0, 1]])
    bent = water.copy()
    bent.set_angle(1, 0, 2, 120)
    assert not equivalent(water, bent)


def test_pymatgen_is_an_extra():
    a = build("Co-N4@graphene")
    try:
        import pymatgen.core  # noqa: F401
    except ImportError:
        with pytest.raises(StructureError, match="pymatgen is not installed"):
            equivalent(a, a, method="pymatgen")
    with pytest.raises(StructureError, match="unknown method"):
        equivalent(a, a, method="magic")


@pytest.mark.filterwarnings("ignore")  # of other people's packages
def test_pymatgen_agrees_where_it_is_installed():
    pytest.importorskip("pymatgen.analysis.structure_matcher")
    sites = ("Co-N4@graphene", "Co-N2C2(cis5)@graphene", "Co-N2C2(cis6)@graphene", "@mos2")
    found = [build(s) for s in sites]
    for k, a in enumerate(found):
        assert equivalent(a, turned(a.atoms, 60.0, mirror=True), method="pymatgen")
        for b in found[k + 1 :]:
            assert not equivalent(a, b)
            assert not equivalent(a, b, method="pymatgen")
    # what only the matcher of pymatgen does: another supercell of the same sheet
    larger = build("@graphene", options=BuildOptions(repeat=(5, 5)))
    assert equivalent(build("@graphene"), larger, method="pymatgen")


def test_moments_start_from_the_protocol():
    iron = build("Fe-N4@graphene", "Li")
    atoms = iron.to_atoms()
    moments = atoms.get_initial_magnetic_moments()
    assert moments[iron.centre[0]] == START_MOMENTS_MU_B["Fe"] == 2.2
    assert np.abs(moments).sum() == 2.2
    assert build("Ba-N4@graphene").to_atoms().get_initial_magnetic_moments().sum() == 0
    assert atoms.info["site"] == "Fe-N4@graphene"
    assert atoms.info["structure_id"] == iron.structure_id


def test_atoms_of_a_structure_refuse_writing():
    structure = build("Co-N4@graphene")
    with pytest.raises(ValueError, match="read-only"):
        structure.atoms.positions[0] = 0.0
    structure.to_atoms().positions[0] = 0.0


def test_registry_and_stand_ins():
    names = set(builders())
    assert {"graphene", "cnt", "phthalocyanine", "n_doped_carbon"} <= names
    stands = {b.name for b in stand_ins()}
    assert {"n_doped_graphene", "n_doped_carbon", "carbon", "carbon_cloth"} <= stands
    assert not stands & {"graphene", "cnt", "phthalocyanine"}
    assert all(b.source for b in builders().values())
    assert all(b.note for b in stand_ins())
    with pytest.raises(StructureError, match="has a builder already"):
        host_builder("graphene", source="mine")(lambda site, options: None)
    with pytest.raises(StructureError, match="needs a note"):
        host_builder("x_mine", source="mine", counted=False)(lambda site, options: None)


def test_junction_without_a_builder_is_its_first_part():
    junction = build("Co-S4@fes(v=Fe)|carbon")
    assert junction.structure_id == build("Co-S4@fes(v=Fe)").structure_id
    assert not junction.counted
    assert "only fes is built; carbon is left out" in junction.idealisation[0]
