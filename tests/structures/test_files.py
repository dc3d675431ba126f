from itertools import pairwise

import numpy as np
import pytest
from ase import Atoms
from hypothesis import given, settings
from hypothesis import strategies as st

from sacml.errors import UnknownNameError
from sacml.features.geometry import describe_geometry
from sacml.structures import build
from sacml.structures.file_formats import by_element
from sacml.structures.files import FILE_NAMES, StructureFileError, read, read_all, write

SITES = [
    ("Co-N4@graphene", "Li", "ring6"),
    ("Fe+Ni-N6@graphene", None, None),
    ("vac-N4@graphene", None, None),
    ("Co-N4~S1@graphene", "K", None),
    ("Zn-C3@ti3c2(v=Ti,T=Cl)", "Na", None),
]


@pytest.fixture(scope="module", params=SITES, ids=[s[0] for s in SITES])
def structure(request):
    return build(*request.param)


@pytest.mark.parametrize("name", FILE_NAMES)
def test_round_trip(structure, name, tmp_path):
    path = write(structure, tmp_path, [name])[name]
    original, found = structure.to_atoms(), read(path)
    if name == "poscar":
        original = by_element(original)
        for key in ("host_source", "idealisation"):
            original.info[key] = ""
    assert found.get_chemical_symbols() == original.get_chemical_symbols()
    assert np.abs(found.positions - original.positions).max() < 1e-6
    assert np.abs(found.cell.array - original.cell.array).max() < 1e-6
    assert found.pbc.tolist() == original.pbc.tolist()
    assert found.info == original.info


def test_poscar_numbers_are_its_own(structure, tmp_path):
    found = read(write(structure, tmp_path, ["poscar"])["poscar"])
    symbols = found.get_chemical_symbols()
    # one block for each element: that is what a POTCAR is put together by
    assert sum(a != b for a, b in pairwise(symbols)) == len(set(symbols)) - 1
    assert tuple(symbols[int(n)] for n in found.info["centre"].split()) == structure.site.metals
    if structure.alkali:
        assert symbols[found.info["alkali_index"]] == structure.alkali


def test_descriptors_survive_every_format(tmp_path):
    structure = build("Co-N4@graphene", "Li", "ring6")
    expected = describe_geometry([structure])
    for path in write(structure, tmp_path).values():
        assert describe_geometry([read(path)]) == pytest.approx(expected, abs=1e-5)


def test_moments_are_kept_in_extxyz(tmp_path):
    structure = build("Mn-N4@graphene")
    found = read(write(structure, tmp_path, ["extxyz"])["extxyz"])
    assert found.get_initial_magnetic_moments()[structure.centre[0]] == pytest.approx(3.5)


@settings(max_examples=40, deadline=None)
@given(
    text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"])).map(
        lambda t: " ".join(t.split())
    ),
    number=st.text("0123456789abcdef", min_size=16, max_size=16),
)
@pytest.mark.parametrize("name", ["extxyz", "cif"])
def test_texts_are_kept_as_they_are(tmp_path_factory, name, text, number):
    atoms = Atoms("CoN", positions=[[0, 0, 0], [0, 0, 1.9]], cell=[5, 6, 13], pbc=(1, 1, 0))
    # an id such as 12345e6789012345 would read as a number
    source = f"see {text}".strip()
    atoms.info = {"structure_id": number, "site": "Co-N@x_host", "host_source": source}
    found = read(write(atoms, tmp_path_factory.mktemp("t"), [name])[name])
    assert found.info["structure_id"] == number
    assert found.info["host_source"] == source
    assert found.info["alkali"] == ""


def test_a_turned_cell_comes_back_from_cif(tmp_path):
    atoms = Atoms("CoN", positions=[[0.5, 0, 0], [1, 1, 1.9]], cell=np.diag([5, 6, 13.0]), pbc=True)
    atoms.rotate(40, (1, 1, 0), rotate_cell=True)
    atoms.info = {"structure_id": "0" * 16}
    found = read(write(atoms, tmp_path, ["cif"])["cif"])
    assert np.abs(found.positions - atoms.positions).max() < 1e-6


def test_unknown_format_is_named(tmp_path):
    with pytest.raises(UnknownNameError, match="extxyz, cif, poscar"):
        write(Atoms("Co"), tmp_path, ["pdb"])


@pytest.mark.parametrize("name", ["cif", "poscar"])
def test_no_cell_no_crystal_file(tmp_path, name):
    with pytest.raises(StructureFileError, match="three vectors"):
        write(Atoms("Co"), tmp_path, [name])


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StructureFileError, match="cannot write"):
        write(build("Co-N4@graphene"), tmp_path / "file")


BAD = {
    "empty.cif": b"",
    "word.cif": b"hello",
    "words.extxyz": b"3\nLattice=\nC 0 0\n",
    "short.xyz": b"5\n\nC 0 0 0\n",
    "POSCAR": b"title\n1.0\n1 0 0\n",
    "binary.extxyz": bytes(range(256)),
    "nan.xyz": b"1\n\nC nan 0 0\n",
    "none.unknown": b"what is this",
}


def test_files_that_cannot_be_read_are_all_named(tmp_path):
    paths = []
    for name, content in BAD.items():
        (tmp_path / name).write_bytes(content)
        paths.append(tmp_path / name)
        with pytest.raises(StructureFileError, match=name):
            read(tmp_path / name)
    with pytest.raises(StructureFileError, match=f"{len(BAD) + 1} of {len(BAD) + 1}") as caught:
        read_all([*paths, tmp_path / "missing.cif"])
    assert all(name in str(caught.value) for name in [*BAD, "missing.cif: no such file"])


def test_several_structures_in_one_file_are_refused(tmp_path):
    path = tmp_path / "two.xyz"
    path.write_text("1\n\nC 0 0 0\n1\n\nC 0 0 0\n")
    with pytest.raises(StructureFileError, match="2 structures"):
        read(path)
