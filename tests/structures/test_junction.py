import numpy as np
import pytest

from sacml.structures import BuildOptions, StructureError, build
from sacml.structures.checks import coordination, problems
from sacml.structures.hosts.junction import CELLS, best_match
from sacml.structures.hosts.lattices import lattice


@pytest.mark.parametrize(
    ("host", "atoms", "strain"),
    [
        ("in2s3|ti3c2", 160, 0.0404),
        ("in2s3|ti3c2(T=O)", 145, 0.0344),
        ("in2s3|ti3c2(T=F)", 145, 0.0382),
        ("in2s3|ti3c2(T=Cl)", 200, 0.0277),
        ("in2s3|ti3c2(T=OH)", 175, 0.0476),
    ],
)
@pytest.mark.parametrize("shell", ["S3", "S4", "S6"])
def test_common_cells(host, atoms, strain, shell):
    s = build(f"Pt-{shell}@{host}")
    assert len(s.atoms) == atoms - (shell == "S3")
    assert s.strain == pytest.approx(strain, abs=1e-4)
    assert problems(s) == ()
    assert sorted(coordination(s)[0]) == sorted(s.shell)
    assert any(f"strained by {s.strain:.1%}" in note for note in s.idealisation)


def test_strain_is_what_the_sheet_shows():
    s = build("@in2s3|ti3c2(T=O)")
    names = np.array(s.atoms.get_chemical_symbols())
    apart = s.atoms.get_all_distances(mic=True)[np.ix_(names == "O", names == "O")]
    np.fill_diagonal(apart, 99.0)
    free = lattice("ti3c2_O").cell[0, 0]
    change = apart[apart < 1.1 * free] / free - 1
    assert abs(change).max() <= s.strain + 1e-4
    assert abs(change).max() > 0.5 * s.strain


def test_layers_keep_their_composition_and_distance():
    s = build("@in2s3|ti3c2(T=O)")
    names = np.array(s.atoms.get_chemical_symbols())
    z = s.atoms.positions[:, 2]
    assert s.atoms.get_chemical_formula() == "C30In16O30S24Ti45"
    assert z[names == "S"].min() - z[names == "O"].max() == pytest.approx(3.39, abs=0.01)


def test_a_strain_above_the_limit_is_refused_with_the_number():
    with pytest.raises(StructureError, match=r"least strain of ti3c2 is 4\.0% .* limit is 1\.0%"):
        build("Pt-S4@in2s3|ti3c2", options=BuildOptions(max_strain=0.01))
    with pytest.raises(StructureError, match=r"11\.3% \(on 1 cells of In2S3, 76 atoms\)"):
        build("Pt-S4@in2s3|ti3c2(T=O)", options=BuildOptions(repeat=(1, 1)))


def test_match_deforms_the_sheet_onto_the_cell():
    for common in CELLS:
        match = best_match(common, "ti3c2_O")
        cell = np.array(match.matrix) @ lattice("ti3c2_O").cell[:2, :2]
        target = np.array(common) @ lattice("in2s3").cell[:2, :2]
        stretch = np.linalg.svd(np.linalg.inv(cell) @ target)[1]
        assert abs(stretch - 1).max() == pytest.approx(match.strain, abs=1e-5)


def test_deterministic():
    first, second = build("Pt-S4@in2s3|ti3c2(T=O)"), build("Pt-S4@in2s3|ti3c2(T=O)")
    assert first.structure_id == second.structure_id
