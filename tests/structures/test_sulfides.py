import numpy as np
import pytest

from sacml.structures import BuildOptions, StructureError, build, builders
from sacml.structures.checks import coordination, problems

# host, shell, formula of the slab around Ni, distances of the replaced cation to S in Angstrom
SITES = [
    ("fes", "S4", "Fe17NiS18", [2.2495] * 4),
    ("fes", "S6", "Fe17NiS18", [2.456] * 6),
    ("fes", "S3", "Fe17NiS18", None),
    ("cos", "S4", "Co19NiS24", [2.100, 2.201, 2.201, 2.201]),
    ("cos", "S6", "Co17NiS18", [2.330] * 6),
    ("cos", "S3", "Co17NiS18", None),
    ("in2s3", "S4", "In7NiS12", [2.478, 2.478, 2.594, 2.594]),
    ("in2s3", "S6", "In7NiS12", [2.605, 2.605, 2.605, 2.605, 2.779, 2.779]),
    ("in2s3", "S3", "In7NiS11", None),
]


@pytest.mark.parametrize(("host", "shell", "formula", "bonds"), SITES)
def test_sites(host, shell, formula, bonds):
    s = build(f"Ni-{shell}@{host}")
    assert problems(s) == ()
    assert s.atoms.get_chemical_formula(empirical=False) == "".join(sorted_formula(formula))
    assert sorted(coordination(s)[0]) == sorted(s.shell)
    assert s.atoms.pbc.tolist() == [True, True, False]
    if bonds:
        d = np.sort(s.atoms.get_distances(s.centre[0], list(s.shell), mic=True))
        assert d == pytest.approx(bonds, abs=0.01)


def sorted_formula(formula):
    from ase.formula import Formula

    return Formula(formula).format("hill")


@pytest.mark.parametrize("metal", ["Fe", "Co", "Zn", "Pt", "Mo"])
@pytest.mark.parametrize("host", ["fes", "cos", "in2s3"])
@pytest.mark.parametrize("size", [3, 4, 6])
def test_other_metals(metal, host, size):
    assert problems(build(f"{metal}-S{size}@{host}")) == ()


@pytest.mark.parametrize(
    ("host", "formula"), [("fes", "Fe18S18"), ("cos", "Co18S18"), ("in2s3", "In8S12")]
)
def test_bare_slabs_are_stoichiometric(host, formula):
    s = build(f"@{host}")
    assert s.atoms.get_chemical_formula() == formula
    assert problems(s) == ()


@pytest.mark.parametrize("site", ["vac-S4@fes", "vac-S6@cos", "vac-S4@in2s3"])
def test_empty_sites_miss_one_cation(site):
    host = site.split("@")[1]
    cation = {"fes": "Fe", "cos": "Co", "in2s3": "In"}[host]
    full = build(f"{cation}-{site[4:]}").atoms.get_chemical_symbols().count(cation)
    assert build(site).atoms.get_chemical_symbols().count(cation) == full - 1


def test_s3_of_the_face_has_sums_of_covalent_radii():
    s = build("Ni-S3@fes")
    d = s.atoms.get_distances(s.centre[0], list(s.shell), mic=True)
    assert d == pytest.approx([1.24 + 1.05] * 3, abs=1e-6)
    assert s.atoms.positions[s.centre[0], 2] > s.atoms.positions[list(s.shell), 2].max()


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ("Co-S4@in2s3(v=S)", "In vacancy with S3, S4 or S6"),
        ("Co-S3@in2s3(v=In)", "v=S"),
        ("Fe+Co-S6@fes", "two centres"),
        ("Fe-S4+OH@cos", "open on 0 sides"),
    ],
)
def test_refusals(site, words):
    with pytest.raises(StructureError, match=words):
        build(site)


def test_idealisation_and_source_follow_the_slab():
    four, six = build("Co-S4@fes"), build("Co-S6@fes")
    assert "Lennie" in four.host_source
    assert "Morimoto" in six.host_source
    assert any("mackinawite" in note for note in four.idealisation)
    assert any("Co9S8" in note for note in build("Fe-S4@cos").idealisation)
    assert builders()["fes"].counted


def test_deterministic_and_larger_cells():
    assert build("Co-S4@fes").structure_id == build("Co-S4@fes").structure_id
    large = build("Pt-S4@in2s3", options=BuildOptions(repeat=(2, 1)))
    assert len(large.atoms) == 40
    assert problems(large) == ()
