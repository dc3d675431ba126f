import numpy as np
import pytest

from sacml.structures import BuildOptions, StructureError, build
from sacml.structures.checks import coordination, problems

# a and the Ti-C and Ti-T bonds of the relaxed sheets of the MXenes Database, in Angstrom
SHEETS = [
    ("", "C18Ti27", 3.0968, 2.057, None, None),
    ("(T=O)", "C18O18Ti27", 3.0268, 2.153, "O", 1.974),
    ("(T=F)", "C18F18Ti27", 3.0388, 2.061, "F", 2.165),
    ("(T=Cl)", "C18Cl18Ti27", 3.1884, 2.110, "Cl", 2.511),
    ("(T=OH)", "C18H18O18Ti27", 3.0689, 2.075, "O", 2.185),
]


@pytest.mark.parametrize(("options", "formula", "a", "ti_c", "donor", "ti_t"), SHEETS)
def test_sheets(options, formula, a, ti_c, donor, ti_t):
    s = build(f"@ti3c2{options}")
    assert s.atoms.get_chemical_formula() == formula
    assert s.atoms.cell.lengths()[0] / 3 == pytest.approx(a, abs=1e-3)
    assert problems(s) == ()
    apart = s.atoms.get_all_distances(mic=True)
    names = np.array(s.atoms.get_chemical_symbols())
    assert apart[np.ix_(names == "C", names == "Ti")].min() == pytest.approx(ti_c, abs=0.003)
    if donor:
        near = apart[np.ix_(names == donor, names == "Ti")].min(axis=1)
        assert near == pytest.approx(np.full(18, ti_t), abs=0.003)


@pytest.mark.parametrize("metal", ["Co", "Zn", "Pt", "Zr"])
@pytest.mark.parametrize(
    ("site", "n_ti", "n_term"),
    [
        ("C3@ti3c2", 26, 0),
        ("C6@ti3c2", 26, 0),
        ("C3@ti3c2(v=Ti,T=Cl)", 26, 15),
        ("C3@ti3c2(T=O)", 26, 15),
        ("C3Cl3@ti3c2", 26, 18),
        ("C3O3@ti3c2(v=Ti)", 26, 18),
        ("C3F3@ti3c2(T=F)", 26, 18),
        ("O3@ti3c2", 27, 18),
        ("F3@ti3c2", 27, 18),
        ("Cl3@ti3c2(T=Cl)", 27, 18),
    ],
)
def test_shells(metal, site, n_ti, n_term):
    s = build(f"{metal}-{site}")
    names = s.atoms.get_chemical_symbols()
    assert problems(s) == ()
    assert sorted(coordination(s)[0]) == sorted(s.shell)
    assert names.count("Ti") == n_ti
    assert sum(names.count(t) for t in ("O", "F", "Cl")) == n_term
    assert s.strain == 0.0


def test_bonds_are_sums_of_covalent_radii():
    for site, bond in (("Zn-C3@ti3c2", 1.95), ("Zn-Cl3@ti3c2", 2.24), ("Zn-O3@ti3c2", 1.88)):
        s = build(site)
        d = s.atoms.get_distances(s.centre[0], list(s.shell), mic=True)
        assert d == pytest.approx([bond] * 3, abs=1e-6)


def test_hydroxyl_loses_hydrogen_under_the_metal():
    s = build("Pt-O3@ti3c2(T=OH)")
    names = s.atoms.get_chemical_symbols()
    assert (names.count("O"), names.count("H")) == (18, 15)
    assert problems(s) == ()
    assert any("lost their H" in note for note in s.idealisation)


def test_what_is_left_open_is_said():
    assert any("bare" in note for note in build("Zn-C3@ti3c2").idealisation)
    assert not any("bare" in note for note in build("Zn-C3@ti3c2(T=Cl)").idealisation)
    assert any("are missing" in note for note in build("Zn-C3@ti3c2(T=Cl)").idealisation)


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ("Co-O3@ti3c2(T=F)", "termination F holds C3, C6, C3F3, F3"),
        ("Co-S3@ti3c2", "termination none holds C3, C6"),
        ("Co-O3@ti3c2(v=Ti)", "stands on the termination"),
        ("Co-C2O@ti3c2", "holds C3"),
        ("Co+Ni-C6@ti3c2", "two centres"),
        ("Co-C6+OH@ti3c2", "open on 0 sides"),
    ],
)
def test_refusals(site, words):
    with pytest.raises(StructureError, match=words):
        build(site)


def test_small_cell_and_determinism():
    small = BuildOptions(repeat=(2, 2), min_image_distance_A=6.0)
    s = build("Zn-C3Cl3@ti3c2", options=small)
    assert len(s.atoms) == 28
    assert problems(s, small) == ()
    assert any("too small" in p for p in problems(s))
    assert build("Zn-C3@ti3c2").structure_id == build("Zn-C3@ti3c2").structure_id


def test_empty_site_is_the_vacancy():
    s = build("vac-C3@ti3c2(T=Cl)")
    assert s.atoms.get_chemical_formula() == "C18Cl15Ti26"
    assert len(s.shell) == 3
