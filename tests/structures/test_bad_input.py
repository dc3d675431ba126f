"""What a user may get wrong, each tried at the command line: one clear message, exit code 1."""

import pytest
from ase import Atoms

from sacml.cli import main
from sacml.features.geometry import GeometryError, describe_geometry
from sacml.structures import BuildOptions, Structure, StructureError, build
from sacml.structures.alkali import Place, add_alkali
from sacml.structures.files import StructureFileError, read_all

BAD = {
    "a site its host cannot hold": (("Co-N4@mos2",), ("Co-N4@mos2", "allowed: S, Mo")),
    "a shell no pore has": (("Co-N9@graphene",), ("Co-N9@graphene", "between 1 and 8")),
    "an unknown isomer": (("Co-N2C2(up)@graphene",), ("Co-N2C2(up)@graphene", "trans, cis")),
    "an impossible isomer": (("Co-N3C(trans)@graphene",), ("N3C", "4 neighbours")),
    "a cell too small": (("Co-N4@graphene", "--repeat", "2x2"), ("4.93 A", "more repeats")),
    "too little vacuum": (("Co-N4@graphene", "--vacuum", "4.5"), ("vacuum_A", "4.50 A")),
    "too much strain": (("Pt-S4@in2s3|ti3c2", "--repeat", "1x1"), ("strain of ti3c2", "5.0%")),
    "an unknown place": (("Co-N4@graphene", "-a", "Li", "--place", "moon"), ("ring6, ring5",)),
    "no repeat": (("Co-N4@graphene", "--repeat", "5"), ("'5'", "e.g. 5x5")),
    "no moment": (("Co-N4@graphene", "--moments", "Co"), ("'Co'", "Fe=2")),
    "an absurd moment": (("Co-N4@graphene", "--moments", "Co=40"), ("[Co] = 40.0", "10")),
    "nothing": (("",), ("METAL-SHELL@HOST",)),
}


@pytest.fixture
def shell(monkeypatch, capsys, tmp_path):
    def run(*arguments):
        out = tmp_path / "out"
        command = ["sacml", "structure", *arguments, "--out", str(out), "--no-picture"]
        monkeypatch.setattr("sys.argv", command)
        try:
            code = main() or 0
        except SystemExit as end:
            code = end.code
        return code, capsys.readouterr().err, out

    return run


@pytest.mark.parametrize("what", BAD)
def test_mistake_has_one_message_and_exit_code_1(shell, what):
    arguments, words = BAD[what]
    code, message, out = shell(*arguments)
    assert code == 1
    assert message.startswith("sacml: ")
    assert all(w in message for w in words), message
    assert "Traceback" not in message
    assert message.count("\n") == 1
    assert not out.exists()


def test_a_batch_names_every_candidate_at_once(shell):
    given = ("Co-N4@graphene", "Co-N9@graphene", "what", "Co-S4@mos2", "@oxide", "Co-N4@cnt(4,0)")
    code, message, out = shell(*given)
    assert code == 1
    lines = message.splitlines()
    assert lines[0] == "sacml: 5 structures cannot be built"
    assert [line.strip().startswith(name) for line, name in zip(lines[1:], given[1:], strict=True)]
    assert all(name in line for line, name in zip(lines[1:], given[1:], strict=True))
    assert not out.exists()


def test_shells_that_cannot_be_built_are_said_beside_those_that_can(shell):
    code, message, out = shell("Co-N?@cof")
    assert code == 0
    assert [p.name for p in out.iterdir()] == ["Co-N2@cof"]
    assert message.count("not built: Co-N3@cof: the bipyridine pocket") == 1


def test_what_was_set_is_what_is_built(shell):
    code, _, out = shell("Co-N4@graphene", "--repeat", "5x5", "--vacuum", "15", "--moments", "Co=3",
                         "--formats", "extxyz")  # fmt: skip
    assert code == 0
    (atoms,) = read_all([out / "Co-N4@graphene" / "structure.extxyz"])
    assert len(atoms) == 49
    assert atoms.cell.lengths()[2] == pytest.approx(15)
    assert atoms.get_initial_magnetic_moments().sum() == pytest.approx(3)


def test_moments_of_a_host_can_be_set():
    options = BuildOptions(start_moments_mu_B={"Fe": 2.5})
    slab = build("Co-S4@fes", options=options).to_atoms()
    moments = slab.get_initial_magnetic_moments()
    assert {round(m, 3) for m, s in zip(moments, slab.symbols, strict=True) if s == "Fe"} == {2.5}
    assert moments[build("Co-S4@fes").centre[0]] == 1.0  # the table's
    assert build("Co-S4@fes", options=options).structure_id == build("Co-S4@fes").structure_id


def test_overlapping_alkali():
    bare = build("Co-N4@graphene")
    x, y, z = bare.atoms.positions[bare.centre[0]]
    with pytest.raises(StructureError, match=r"Co-N4@graphene Li mine: the alkali overlaps Co"):
        add_alkali(bare, "Li", Place("mine", (x, y, z + 1.0)))


def test_files_and_centres_are_all_named_at_once(tmp_path):
    for name, text in (("broken.cif", "data_"), ("short.xyz", "5\n\nC 0 0 0\n")):
        (tmp_path / name).write_text(text)
    with pytest.raises(StructureFileError, match=r"(?s)2 of 2.*broken\.cif.*short\.xyz"):
        read_all(sorted(tmp_path.iterdir()))
    far = [[0, 0, 0], [4, 0, 0], [8, 0, 0]]
    none, two = Atoms("C3", positions=far), Atoms("CoNiC", positions=far)
    good: Structure = build("Co-N4@graphene")
    with pytest.raises(GeometryError, match=r"(?s)2 of 3.*no\.cif.*no metal.*two\.cif.*two atoms"):
        describe_geometry([none, good, two], names=["no.cif", "good.cif", "two.cif"])
