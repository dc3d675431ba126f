import numpy as np
import pytest

from sacml.structures import BuildOptions, StructureError, build
from sacml.structures.checks import coordination, problems


def distances(s):
    return s.atoms.get_distances(s.centre[0], list(s.shell), mic=True)


def test_layer_has_the_cited_bond():
    s = build("@mos2")
    assert s.atoms.get_chemical_formula() == "Mo16S32"
    apart = s.atoms.get_all_distances(mic=True)
    names = np.array(s.atoms.get_chemical_symbols())
    mo_s = apart[np.ix_(names == "Mo", names == "S")]
    near = np.sort(mo_s, axis=1)[:, :6]
    # a = 3.160 A, z = 0.621: Mo-S = 2.417 A, six of them
    assert near == pytest.approx(np.full_like(near, 2.417), abs=0.002)
    assert np.sort(mo_s, axis=1)[:, 6].min() > 3.5


@pytest.mark.parametrize("metal", ["Be", "Co", "Zn", "Pt", "Zr", "Pb"])
@pytest.mark.parametrize(
    ("shell", "formula", "bond"),
    [("Mo3", ("Mo", 16, 31), None), ("S3", ("S", 16, 32), None), ("S6", ("S", 15, 32), 2.417)],
)
def test_shells(metal, shell, formula, bond):
    s = build(f"{metal}-{shell}@mos2")
    neighbour, n_mo, n_s = formula
    names = s.atoms.get_chemical_symbols()
    assert problems(s) == ()
    assert (names.count("Mo"), names.count("S")) == (n_mo, n_s)  # the vacancy is there
    assert sorted(coordination(s)[0]) == sorted(s.shell)
    assert {names[k] for k in s.shell} == {neighbour}
    if bond:
        assert distances(s) == pytest.approx([bond] * 6, abs=0.002)


def test_bonds_are_sums_of_covalent_radii():
    assert distances(build("Co-S3@mos2")) == pytest.approx([1.38 + 1.05] * 3, abs=1e-6)
    assert distances(build("Co-Mo3@mos2")) == pytest.approx([1.38 + 1.54] * 3, abs=1e-6)


def test_empty_sites_have_the_vacancy():
    assert build("vac-Mo3@mos2").atoms.get_chemical_formula() == "Mo16S31"
    assert build("vac-S6@mos2").atoms.get_chemical_formula() == "Mo15S32"


def test_small_cell():
    s = build("Co-Mo3@mos2", options=BuildOptions(repeat=(3, 3)))
    assert len(s.atoms) == 27
    assert problems(s) == ()


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ("Co-S3@mos2(v=S)", "holds a metal in an S vacancy"),
        ("Co-S3@mos2(v=Mo)", "holds a metal in an S vacancy"),
        ("Co-S2Mo@mos2", "holds a metal in an S vacancy"),
        ("Co+Ni-S6@mos2", "two centres"),
        ("Co-S6+OH@mos2", "open on 0 sides"),
        ("Co-S3+OH+H@mos2", "open on 1 side"),
    ],
)
def test_refusals(site, words):
    with pytest.raises(StructureError, match=words):
        build(site)


def test_a_metal_too_large_is_refused_by_the_checks():
    assert any("S6" in p for p in problems(build("Ba-Mo3@mos2")))


def test_deterministic_and_ligand():
    assert build("Co-S3@mos2").structure_id == build("Co-S3@mos2").structure_id
    assert problems(build("Co-S3+OH@mos2")) == ()
