import csv
from itertools import combinations_with_replacement

import numpy as np
import pytest

from sacml._resources import dataset_path
from sacml.domain import Site
from sacml.domain.elements import element
from sacml.structures import (
    BuildOptions,
    StructureError,
    arrangements,
    build,
    coordination,
    isomer_of,
    problems,
)
from sacml.structures.checks import distances
from sacml.structures.hosts.springs import (
    METAL_OFFSET_A,
    METAL_SLOPE,
    metal_rest_length,
    metallic_radius,
)

ELEMENTS = "NCOSPB"


def formula(letters):
    return "".join(f"{e}{letters.count(e)}" for e in dict.fromkeys(letters))


SHELLS = [formula(c) for n in (3, 4) for c in combinations_with_replacement(ELEMENTS, n)]


def bonds(structure):
    apart = distances(structure.atoms)
    return apart[np.ix_(structure.centre, structure.shell)]


@pytest.mark.parametrize("metal", ["Ti", "Co", "Zn", "Pt", "La"])
def test_every_first_shell_is_realised(metal):
    assert len(SHELLS) == 56 + 126  # multisets of 3 and of 4 out of six elements
    for shell in SHELLS:
        structure = build(f"{metal}-{shell}@graphene")
        assert problems(structure) == ()
        symbols = structure.atoms.get_chemical_symbols()
        assert sorted(symbols[k] for k in coordination(structure)[0]) == sorted(
            s for s, n in Site.parse(f"{metal}-{shell}@graphene").shell.counts for _ in range(n)
        )
        assert symbols.count("C") >= 26
        assert len(structure.atoms) == (32 if structure.site.shell.size == 3 else 31)


def relaxed_sites():
    with dataset_path("dft", "calculations.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] == "site" and row["status"] == "ok" and row["metal_ligand_distances_A"]:
                lengths = [float(x) for x in row["metal_ligand_distances_A"].split()]
                yield row["site"], np.mean(lengths), float(row["metal_height_A"])


def test_bond_lengths_of_the_relaxed_sites_of_our_dataset():
    rows = [r for r in relaxed_sites() if r[0].split("-")[1].startswith("N4@")]
    assert {"Co-N4@graphene", "Fe-N4@graphene", "Zr-N4@graphene"} <= {r[0] for r in rows}
    for site, length, height in rows:
        structure = build(site)
        # the springs were set on transition metals; centres of the main groups come less close
        main_group = element(site.split("-")[0]).block != "d"
        within, upright = (0.2, 1.0) if main_group else (0.05, 0.2)
        assert bonds(structure).mean() == pytest.approx(length, abs=within), site
        z = structure.atoms.positions[:, 2]
        assert z[structure.centre[0]] - np.median(z) == pytest.approx(height, abs=upright), site


def test_bonds_and_height_above_a_single_vacancy():
    """Three neighbours: shorter bonds, and neighbours that are lifted with the metal."""
    rows = [r for r in relaxed_sites() if r[0].split("-")[1].startswith("N3@")]
    assert "Co-N3@graphene" in {r[0] for r in rows}
    for site, length, height in rows:
        structure = build(site)
        assert bonds(structure).mean() == pytest.approx(length, abs=0.04), site
        z = structure.atoms.positions[:, 2]
        assert z[structure.centre[0]] - np.median(z) == pytest.approx(height, abs=0.2), site
        assert (z[list(structure.shell)] - np.median(z) > 0.05).all()


def test_fewer_neighbours_share_the_bonds_of_a_metal():
    four, three = (metal_rest_length("Co", "N", n) for n in (4, 3))
    assert four == metal_rest_length("Co", "N")
    assert four - three == pytest.approx(0.6 * 0.124939, abs=1e-5)  # 0.600 A log10(4 / 3)


def test_metal_spring_is_the_line_through_our_dataset():
    rows = [(metallic_radius(s.partition("-")[0]), d) for s, d, _ in relaxed_sites()]
    radius, length = np.array(rows).T
    # the table grows with the campaign: the line may move a little
    slope, offset = np.polyfit(radius, length - 0.71, 1)  # covalent radius of N, element table
    assert slope == pytest.approx(METAL_SLOPE, abs=0.07)
    assert offset == pytest.approx(METAL_OFFSET_A, abs=0.1)


# Burnside's lemma by hand. The double vacancy has four operations on places 1 2 / 3 4 (two of one
# edge / two of the other): e, (12)(34), (13)(24), (14)(23). An arrangement is fixed by one of the
# three only if it puts like elements on both of the exchanged pairs.
#   N3C   4 arrangements, none fixed by an exchange: (4 + 0) / 4 = 1
#   N2C2  6 arrangements, each exchange fixes 2: (6 + 2 + 2 + 2) / 4 = 3
#   N2CO  12 arrangements, none fixed: 12 / 4 = 3
#   NCOS  24 arrangements, none fixed: 24 / 4 = 6
# The single vacancy has all six permutations of three places: always one.
# Two centres, bridged (places a b a' b' outside, c c' bridging; e, and three operations):
#   Fe+Ni: only the mirror that keeps both metals, (a a')(b b')(c c') in pairs: N4O2 has
#   15 arrangements, 3 fixed (both O on one exchanged pair): (15 + 3) / 2 = 9
#   Fe+Fe: e 15; the mirror along the row fixes 3; the mirror across it exchanges the outer pairs
#   and leaves both bridging places: fixed are O on an exchanged pair (2) or on both bridges (1): 3;
#   the rotation by 180 degrees exchanges all in three pairs: 3. (15 + 3 + 3 + 3) / 4 = 6
@pytest.mark.parametrize(
    ("site", "number"),
    [
        ("Co-N4@graphene", 1),
        ("Co-N3C@graphene", 1),
        ("Co-N2C2@graphene", 3),
        ("Co-N2CO@graphene", 3),
        ("Co-NCOS@graphene", 6),
        ("Co-NCO@graphene", 1),
        ("Co-N2C@graphene", 1),
        ("Fe+Ni-N6@graphene", 1),
        ("Fe+Ni-N4O2@graphene", 9),
        ("Fe+Fe-N4O2@graphene", 6),
    ],
)
def test_number_of_isomers(site, number):
    assert len(arrangements(site)) == number


def ring_through(structure, first, second):
    """Size of the ring that two neighbours close with the metal."""
    apart = distances(structure.atoms)
    around = apart < 1.75
    around[list(structure.centre)] = around[:, list(structure.centre)] = False
    np.fill_diagonal(around, False)
    reached, steps = {first}, 0
    while second not in reached and steps < 6:
        reached = {int(k) for i in reached for k in np.flatnonzero(around[i])} | reached
        steps += 1
    return steps + 2


@pytest.mark.parametrize(("isomer", "ring"), [("cis6", 6), ("cis5", 5), ("trans", None)])
def test_the_named_isomer_is_built(isomer, ring):
    structure = build(f"Co-N2C2({isomer})@graphene")
    symbols = structure.atoms.get_chemical_symbols()
    like = [k for k in structure.shell if symbols[k] == "N"]
    vectors = structure.atoms.get_distances(structure.centre[0], like, mic=True, vector=True)
    cosine = vectors[0] @ vectors[1] / np.prod(np.linalg.norm(vectors, axis=1))
    assert (cosine < -0.95) == (ring is None)
    if ring:
        assert ring_through(structure, *like) == ring
    assert not structure.idealisation


def test_an_unstated_isomer_has_a_documented_default():
    unstated, trans = build("Co-N2C2@graphene"), build("Co-N2C2(trans)@graphene")
    assert unstated.structure_id == trans.structure_id
    assert "not stated" in unstated.idealisation[0]
    cis = build("Co-N2C2(cis)@graphene")
    assert cis.structure_id == build("Co-N2C2(cis6)@graphene").structure_id
    assert cis.idealisation
    labels = [isomer_of(a) for a in arrangements("Co-N2C2@graphene")]
    ids = [
        build("Co-N2C2@graphene", options=BuildOptions(arrangement=k)).structure_id
        for k in range(3)
    ]
    assert ids == [build(f"Co-N2C2({x})@graphene").structure_id for x in labels]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    ("site", "own"),
    [
        ("Fe+Ni-N5@graphene", 3),
        ("Fe+Ni-N6@graphene", 4),
        ("Fe+Ni-N6@graphene(v=single)", 3),
        ("Fe+Fe-N7@graphene", None),
        ("Co+Zn-N8@graphene", 4),
    ],
)
def test_two_centres(site, own):
    structure = build(site)
    assert problems(structure) == ()
    found = coordination(structure)
    assert set(found[0]) | set(found[1]) == set(structure.shell)
    assert {len(f) for f in found} == ({own} if own else {3, 4})
    assert "not stated" in structure.idealisation[0]


def test_direct_pore_of_two_centres():
    direct = build("Fe+Ni-N6@graphene", options=BuildOptions(dual="direct"))
    assert {len(f) for f in coordination(direct)} == {3}
    apart = direct.atoms.get_distance(*direct.centre, mic=True)
    assert apart == pytest.approx(metallic_radius("Fe") + metallic_radius("Ni"), abs=0.15)


def test_axial_ligands_stand_on_the_centre():
    bare, with_oh = build("Fe-N4@graphene"), build("Fe-N4+OH@graphene")
    assert len(with_oh.atoms) == len(bare.atoms) + 2
    assert problems(with_oh) == ()
    oxygen = with_oh.atoms.get_chemical_symbols().index("O")
    step = with_oh.atoms.positions[oxygen] - with_oh.atoms.positions[with_oh.centre[0]]
    # Fe metallic radius 1.26, O covalent radius 0.66 (element table): 0.516*1.26 + 0.542 + 0.66
    assert step == pytest.approx([0, 0, 1.852], abs=0.002)
    both = build("Fe-N4+O+OH@graphene")
    faces = both.atoms.positions[both.centre[0] + 1 :, 2] - both.atoms.positions[both.centre[0], 2]
    assert faces.min() < -1.5
    assert faces.max() > 1.5


@pytest.mark.parametrize("ligand", ["OH", "O", "O2", "H", "H2O", "F", "Cl", "NH3", "CN", "CO", "S"])
def test_every_ligand_passes_the_checks(ligand):
    for metal in ("Fe", "Zr"):
        assert problems(build(f"{metal}-N4+{ligand}@graphene")) == ()


def test_second_shell_dopants_lie_beside_the_shell():
    structure = build("Co-N4~S2@graphene")
    symbols = structure.atoms.get_chemical_symbols()
    apart = distances(structure.atoms)
    for k in [k for k, s in enumerate(symbols) if s == "S"]:
        assert apart[k, list(structure.shell)].min() < 1.9
        assert apart[k, structure.centre[0]] > 2.4
    assert build("Co-N4~S2@graphene").structure_id == structure.structure_id


def test_empty_and_bare():
    empty, bare = build("vac-N4@graphene"), build("@graphene")
    assert empty.centre == ()
    assert empty.atoms.get_chemical_formula() == "C26N4"
    assert problems(empty) == ()
    assert bare.atoms.get_chemical_formula() == "C32"
    near = np.sort(distances(bare.atoms) + 9 * np.eye(32), axis=1)[:, :3]
    assert near == pytest.approx(np.full((32, 3), 2.467 / 3**0.5), abs=1e-3)
    assert bare.electrons == 32 * 4
    assert empty.electrons == 26 * 4 + 4 * 5
    assert build("Co-N4@graphene").electrons == 26 * 4 + 4 * 5 + 9


def test_cell_is_the_protocols():
    atoms = build("Co-N4@graphene").atoms
    assert atoms.cell.cellpar() == pytest.approx([9.868, 9.868, 13, 90, 90, 120])
    assert list(atoms.pbc) == [True, True, False]
    assert np.median(atoms.positions[:, 2]) == pytest.approx(4.0)


def test_stand_in_is_graphene_and_says_so():
    carbon, graphene = build("Co-N4@n_doped_carbon"), build("Co-N4@graphene")
    assert carbon.structure_id == graphene.structure_id
    assert (carbon.counted, graphene.counted) == (False, True)
    assert "no lattice of its own" in carbon.idealisation[0]
    assert graphene.idealisation == ()


def test_fifth_neighbour_is_an_axial_donor():
    five = build("Co-N4O@n_doped_carbon")
    assert problems(five) == ()
    assert five.atoms.get_chemical_symbols()[five.shell[-1]] == "O"
    assert any("H2O" in sentence for sentence in five.idealisation)


@pytest.mark.parametrize(
    ("site", "options", "words"),
    [
        ("Co-?@graphene", {}, ["not known", "N4", "N3"]),
        ("Co-N2@n_doped_carbon", {}, ["Co-N2@n_doped_carbon", "not 2 neighbours"]),
        ("Co-N4@graphene(v=single)", {}, ["not 4 neighbours", "single vacancy"]),
        ("Fe+Ni-N7@graphene(v=single)", {}, ["7 neighbours", "buildable"]),
        ("Fe+Ni-N3O3(fac)@graphene", {}, ["no isomer 'fac'"]),
        ("Co-N2C2@graphene", {"arrangement": 3}, ["arrangement 3", "has 3"]),
        ("Co-N2C2(cis5)@graphene", {"arrangement": 0}, ["cis6, not cis5"]),
        ("Co-N4(graphitic)@graphene", {}, ["graphitic N"]),
        ("Co-N3~B7@graphene", {}, ["7 dopants", "only 6"]),
        ("Co-N4@graphene", {"repeat": (1, 4)}, ["too small"]),
        ("Fe+Ni-N6@graphene", {"repeat": (2, 2)}, ["too small", "6 neighbours"]),
        ("Co-N4B@n_doped_carbon", {}, ["donor B"]),
        ("Co-N4(pyrrolic)~S1@graphene", {}, ["no second-shell"]),
        ("Co-N3(pyrrolic)@graphene", {}, ["pyrrolic"]),
        ("Co-N4(pyrrolic)@graphene", {"repeat": (4, 4)}, ["too small", "5x5"]),
        ("Co-N4(pyrrolic)@graphene", {"max_strain": 0.01}, ["strained by", "1.0%"]),
        ("Co-?@mof", {}, ["not known"]),
        ("@oxide", {}, ["no structure", "graphene"]),
    ],
)
def test_what_cannot_be_built_is_named(site, options, words):
    with pytest.raises(StructureError) as caught:
        build(site, options=BuildOptions(**options))
    for word in words:
        assert word in str(caught.value)


def test_arrangements_of_what_has_none():
    for site in ("Co-?@graphene", "@graphene", "Co-S3@mos2", "Co-N4@cnt"):
        with pytest.raises(StructureError, match="arrangements are counted"):
            arrangements(site)


@pytest.mark.parametrize(
    "options",
    [
        {"vacuum_A": -1},
        {"vacuum_A": float("nan")},
        {"sheet_height_A": 20.0},
        {"max_strain": 3.0},
        {"repeat": (0, 4)},
        {"arrangement": -1},
        {"dual": "other"},
        {"ring_height_A": {"Li": 0.0}},
    ],
)
def test_bad_options(options):
    with pytest.raises(StructureError):
        BuildOptions(**options)


def test_springs_can_be_left_out():
    raw = build("Co-N4@graphene", options=BuildOptions(prerelax=False))
    assert bonds(raw) == pytest.approx(np.full((1, 4), 1.884), abs=0.001)
