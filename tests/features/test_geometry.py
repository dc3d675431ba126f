import numpy as np
import pytest
from ase import Atoms
from ase.build import graphene

from sacml.domain import Site
from sacml.features import FEATURE_NAMES, Feature
from sacml.features.geometry import (
    FEATURES,
    NAMES,
    CentreError,
    GeometryError,
    describe_geometry,
    find_centre,
    geometry_feature_table,
    geometry_frame,
)
from sacml.features.geometry_features import REFERENCE_CC_A
from sacml.structures import build


def described(atoms, **options) -> dict:
    return geometry_frame([atoms], **options).iloc[0].to_dict()


def complex_of(directions, metal="Co", ligand="N", distance=2.0) -> Atoms:
    """One metal with ligands along directions, without a cell."""
    unit = np.array(directions, dtype=float)
    unit /= np.linalg.norm(unit, axis=1)[:, None]
    places = np.vstack([np.zeros(3), distance * unit])
    return Atoms([metal] + [ligand] * len(unit), positions=places)


SQUARE = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0)]
TETRAHEDRON = [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]
OCTAHEDRON = [*SQUARE, (0, 0, 1), (0, 0, -1)]


@pytest.fixture(scope="module")
def site():
    return build("Co-N4@graphene")


def test_every_feature_says_what_it_is():
    assert all(isinstance(f, Feature) and f.definition and f.unit and f.source for f in FEATURES)
    assert len(set(NAMES)) == len(NAMES)
    assert not set(NAMES) & set(FEATURE_NAMES)
    assert {m for f in FEATURES for m in f.masks} <= {f.name for f in FEATURES if f.kind == "mask"}
    assert len(geometry_feature_table()) == len(NAMES)


def test_square_plane_and_tetrahedron_are_the_ends_of_tau4():
    square, tetrahedron = described(complex_of(SQUARE)), described(complex_of(TETRAHEDRON))
    assert square["geom_tau4"] == pytest.approx(0.0, abs=1e-9)
    assert square["geom_planarity_rms_A"] == pytest.approx(0.0, abs=1e-9)
    assert tetrahedron["geom_tau4"] == pytest.approx(1.0, abs=1e-9)
    assert tetrahedron["geom_angle_mean_deg"] == pytest.approx(109.4712, abs=1e-3)
    assert tetrahedron["geom_planarity_rms_A"] > 0.5


def test_octahedron():
    row = described(complex_of(OCTAHEDRON, distance=2.1))
    assert row["geom_coordination_number"] == 6
    assert (row["geom_angle_min_deg"], row["geom_angle_max_deg"]) == pytest.approx((90, 180))
    assert row["geom_bond_length_mean_A"] == pytest.approx(2.1)
    assert row["geom_bond_length_std_A"] == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(row["geom_tau4"])


def test_m_n4_in_graphene(site):
    row = described(site)
    assert row["geom_coordination_number"] == row["geom_shell_count_n"] == 4
    assert row["geom_second_shell_count_c"] == 8
    assert row["geom_height_A"] == pytest.approx(0.0, abs=0.06)
    assert row["geom_image_distance_A"] == pytest.approx(4 * 2.467)
    assert abs(row["geom_cc_strain_mean"]) < 0.01
    assert row["geom_alkali_applicable"] == 0
    assert np.isnan(row["geom_alkali_height_A"])
    assert 1.8 < row["geom_bond_length_min_A"] <= row["geom_bond_length_max_A"] < 2.1


@pytest.mark.parametrize(
    "text",
    ["Zr-N4@graphene", "Co-N3@graphene", "Co-S4@graphene", "Fe-N2C2(trans)@graphene",
     "Pt-C3@graphene", "Y-O4@graphene", "Co-S4@fes", "Fe-S6@cos", "Co-N6@g_c3n4",
     "Co-Mo3@mos2(v=S)", "Zn-C3@ti3c2(v=Ti,T=Cl)"],
)  # fmt: skip
def test_the_realised_shell_is_the_asked_one(text):
    shell = Site.parse(text).shell
    row = described(build(text))
    assert row["geom_coordination_number"] == shell.size
    assert row["geom_axial_count"] == 0
    for symbol, number in shell.counts:
        word = symbol.lower() if symbol in ("C", "N", "O", "S", "P", "B") else "other"
        assert row[f"geom_shell_count_{word}"] == number


def test_axial_ligand_is_told_from_the_host():
    row = described(build("Fe-N4+OH@graphene"))
    assert row["geom_axial_count"] == 1
    assert row["geom_shell_count_o"] == 1
    assert row["geom_second_shell_count_h"] == 1
    # its atoms are no part of the sheet
    assert row["geom_corrugation_rms_A"] < 0.1


def test_two_centres():
    structure = build("Fe+Ni-N6@graphene")
    row = described(structure)
    a, b = (structure.atoms.positions[i] for i in structure.centre)
    assert row["geom_dual_applicable"] == 1
    assert row["geom_metal_metal_distance_A"] == pytest.approx(np.linalg.norm(a - b))
    # six different neighbours, two of them shared
    assert row["geom_shell_size"] == row["geom_shell_count_n"] == 6
    assert row["geom_coordination_number"] == 4


@pytest.mark.parametrize("place", ["ring6", "top"])
def test_alkali(place):
    structure = build("Co-N4@graphene", "Na", place)
    row = described(structure)
    v = structure.atoms.positions[structure.alkali_index]
    v = v - structure.atoms.positions[structure.centre[0]]
    assert row["geom_alkali_metal_distance_A"] == pytest.approx(np.linalg.norm(v))
    assert row["geom_alkali_lateral_A"] == pytest.approx(np.hypot(v[0], v[1]), abs=0.05)
    assert row["geom_alkali_height_A"] == pytest.approx(abs(v[2]), abs=0.1)
    assert row["geom_coordination_number"] == 4


def test_metal_on_the_side_of_the_alkali_is_positive():
    atoms = build("Co-N3@graphene").to_atoms()
    height = atoms.positions[:, 2].max() - np.median(atoms.positions[:, 2])
    assert height > 0.5
    above = atoms.positions[int(atoms.info["centre"])] + [0, 0, 2.4]
    below = [*above[:2], np.median(atoms.positions[:, 2]) - 2.0]
    for place, sign in ((above, 1), (below, -1)):
        row = described(atoms + Atoms("Li", positions=[place]), centres=[int(atoms.info["centre"])])
        assert np.sign(row["geom_height_toward_alkali_A"]) == sign
        assert row["geom_height_A"] == pytest.approx(abs(row["geom_height_toward_alkali_A"]))


def test_strain_is_that_of_the_lattice():
    def stretched(factor):
        sheet = graphene(a=2.467 * factor, size=(4, 4, 1), vacuum=6)
        sheet.append("Co")
        sheet.positions[-1] = sheet.positions[0] + [0, 0, 1.9]
        return sheet

    for factor in (1.0, 1.03, 0.97):
        row = described(stretched(factor))
        assert row["geom_cc_strain_mean"] == pytest.approx(factor - 1, abs=1e-6)
        other = described(stretched(factor), reference_cc_A=REFERENCE_CC_A * factor)
        assert other["geom_cc_strain_max"] == pytest.approx(0.0, abs=1e-6)


def test_order_origin_rotation_and_image_do_not_matter(site):
    atoms = build("Co-N4@graphene", "Li", "ring6").to_atoms()
    reference = describe_geometry([atoms])
    rng = np.random.default_rng(3)
    moved = atoms[rng.permutation(len(atoms)).tolist()]
    moved.info = {}
    moved.positions += rng.integers(-2, 3, (len(atoms), 3)) * moved.pbc @ moved.cell.array
    moved.positions += [1.3, -0.4, 0.2]
    moved.rotate(33.0, (1, 2, 3), rotate_cell=True)
    assert describe_geometry([moved]) == pytest.approx(reference, abs=1e-6)


def test_small_cells_see_all_images():
    big = build("Co-C3@graphene").to_atoms()
    chain = Atoms("CoN", positions=[[0, 0, 0], [1.9, 0, 0]], cell=[3.8, 9, 9], pbc=(1, 0, 0))
    row = described(chain)
    assert row["geom_coordination_number"] == 2
    assert row["geom_angle_max_deg"] == pytest.approx(180)
    assert described(chain.repeat((3, 1, 1)), centres=[2])["geom_coordination_number"] == 2
    assert described(big)["geom_coordination_number"] == 3


def test_masks_stand_for_what_does_not_apply(site):
    matrix = describe_geometry([site, complex_of(OCTAHEDRON)])
    assert np.isfinite(matrix).all()
    frame = geometry_frame({"a": site, "b": complex_of(OCTAHEDRON)})
    assert list(frame.index) == ["a", "b"]
    hidden = frame.isna().to_numpy()
    assert hidden.any()
    assert (matrix[hidden] == 0).all()


@pytest.mark.parametrize(
    ("atoms", "reason"),
    [
        (Atoms("C2N2", positions=np.eye(4, 3) * 3), "no metal centre"),
        (Atoms("FeNi", positions=np.eye(2, 3) * 3), "two atoms that may be the centre"),
        (Atoms("Co2", positions=np.eye(2, 3) * 3), "two atoms that may be the centre"),
        (Atoms("Co3", positions=np.eye(3, 3) * 3), "several atoms"),
        (Atoms("LiC", positions=np.eye(2, 3) * 3), "no metal centre"),
        (Atoms("CoC", positions=np.eye(2, 3) * 3, info={"centre": 1}), r"atom 1 \(C\)"),
        (Atoms("CoC", positions=np.eye(2, 3) * 3, info={"centre": "7"}), "atoms 0 to 1"),
        (Atoms("CoC", positions=np.eye(2, 3) * 3, info={"centre": "x"}), "cannot read"),
        (Atoms("CoC", positions=np.eye(2, 3) * 3, info={"centre": ""}), "without a metal centre"),
    ],
)
def test_a_centre_that_cannot_be_told_is_named(atoms, reason):
    with pytest.raises(CentreError, match=reason):
        find_centre(atoms)


def test_centre_is_marked_or_detected():
    assert find_centre(build("Co-Mo3@mos2(v=S)").to_atoms()) != ()
    mos2 = build("Co-Mo3@mos2(v=S)").to_atoms()
    marked = find_centre(mos2)
    mos2.info = {}
    assert find_centre(mos2) == marked
    pair = Atoms("FeNi", positions=np.eye(2, 3) * 3, info={"centre": np.array([1, 0])})
    assert find_centre(pair) == (1, 0)
    assert find_centre(pair, 0) == (0,)


def test_a_batch_names_all_its_problems_at_once(site):
    broken = site.to_atoms()
    broken.cell[:] = 0
    nowhere = site.to_atoms()
    nowhere.positions[3] = np.nan
    batch = [site, Atoms("C2", positions=np.eye(2, 3)), broken, nowhere, "text", site]
    with pytest.raises(GeometryError, match="4 of 6") as caught:
        describe_geometry(batch, names=["good", "bare", "flat", "nan", "word", "good"])
    assert [(i, name) for i, name, _ in caught.value.problems] == [
        (1, "bare"), (2, "flat"), (3, "nan"), (4, "word"),
    ]  # fmt: skip


def test_a_site_without_metal_is_refused():
    empty = build("vac-N4@graphene")
    with pytest.raises(GeometryError, match=r"vac-N4@graphene.*without a metal"):
        describe_geometry([empty])


def test_lists_must_match(site):
    with pytest.raises(ValueError, match="1 names for 2"):
        describe_geometry([site, site], names=["a"])
    with pytest.raises(ValueError, match="reference_cc_A"):
        describe_geometry([site], reference_cc_A=0.0)
