"""A user's own structures: read from three kinds of sources, or refused frame by frame."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import graphene
from ase.io import write

from sacml.data.samples import SampleError, read_samples
from sacml.errors import SacmlError


def site(metal="Co", shift=0.0):
    sheet = graphene(size=(3, 3, 1), vacuum=6.0)
    sheet.pbc = True
    sheet[0].symbol = metal
    sheet.positions[0, 2] += shift
    return sheet


def frame(metal="Co", shift=0.0, **info):
    atoms = site(metal, shift)
    atoms.info = info
    return atoms


def save(folder, frames, name="own.extxyz"):
    path = folder / name
    write(path, frames, format="extxyz")
    return path


def test_reads_values_groups_splits_and_adsorbates(tmp_path):
    path = save(tmp_path, [
        frame("Co", e=-1.5, lab="A", part="train", adsorbate="OH"),
        frame("Fe", e=-2.0, lab="B", part="test", adsorbate="none"),
    ])  # fmt: skip
    got = read_samples(path, "e", "eV", group="lab", split="part")
    assert got.y.tolist() == [-1.5, -2.0]
    assert [(s.group, s.split, s.adsorbate) for s in got.samples] == [
        ("A", "train", "OH"), ("B", "test", "")
    ]  # fmt: skip
    assert got.samples[1].frame == "own.extxyz frame 2"


def test_an_ase_database_gives_the_same_samples(tmp_path):
    from ase.db import connect

    path = tmp_path / "own.db"
    with connect(path) as db:
        db.write(site("Co"), e=-1.5)
        db.write(site("Fe"), e=-2.0)
    same = read_samples(save(tmp_path, [frame("Co", e=-1.5), frame("Fe", e=-2.0)]), "e", "eV")
    got = read_samples(path, "e", "eV")
    assert got.y.tolist() == same.y.tolist()
    assert [s.identity() for s in got.samples] == [s.identity() for s in same.samples]


def test_a_folder_of_calculations_takes_energies_and_a_table(tmp_path):
    shutil.copytree(Path(__file__).parents[1] / "calculations_files" / "cp2k", tmp_path / "runs")
    got = read_samples(tmp_path / "runs", "energy_eV", "eV", leave_out_bad=True)
    assert len(got) == 3
    assert got.y.max() < 0
    assert any("unconverged" in p.frame for p in got.left_out)
    names = [s.frame for s in got.samples]
    rows = "".join(f"{name},{i}.5\n" for i, name in enumerate(names))
    (tmp_path / "runs" / "samples.csv").write_text(f"entry,moment\n{rows}gone/out,1\n")
    got = read_samples(tmp_path / "runs", "moment", "mu_B", leave_out_bad=True)
    assert got.y.tolist() == [0.5, 1.5, 2.5]
    assert "gone/out" in {p.frame for p in got.left_out}


def test_every_bad_frame_is_named_at_once(tmp_path):
    alone = frame("Co", e=1.0)
    alone += Atoms("H", positions=[[0, 0, 6.0]])
    alone.positions[-1] = alone.positions[0] + [0, 0, 5.0]
    twice = frame("Mn", e=1.0)
    twice += twice[3:4]
    path = save(tmp_path, [
        frame("Co", e=1.0),
        frame("Fe"),
        frame("Ni", e="high"),
        frame("Cu", e=np.nan),
        frame("Zn", e=2.0, unit="kJ/mol"),
        alone,
        twice,
    ])  # fmt: skip
    with pytest.raises(SampleError) as caught:
        read_samples(path, "e", "eV")
    text = str(caught.value)
    assert "6 of 7 frames cannot be used" in text
    for k, words in {2: "no value of 'e'", 3: "no number", 4: "not finite", 5: "'kJ/mol'",
                     6: "H (atom 18) stands alone",
                     7: "(atom 18) lie 0.00 A apart"}.items():  # fmt: skip
        assert any(f"frame {k}" in str(p) and words in str(p) for p in caught.value.problems), words
    assert "--leave-out-bad" in text


def test_bad_frames_are_left_out_and_listed_where_that_is_wanted(tmp_path):
    path = save(tmp_path, [frame("Co", e=1.0), frame("Fe"), frame("Ni", e=2.0)])
    got = read_samples(path, "e", "eV", leave_out_bad=True)
    assert got.y.tolist() == [1.0, 2.0]
    assert [p.frame for p in got.left_out] == ["own.extxyz frame 2"]


def test_levels_of_theory_are_not_mixed(tmp_path):
    frames = [frame("Co", shift=0.1 * i, e=1.0 * i, functional="PBE") for i in range(3)]
    path = save(tmp_path, [*frames, frame("Fe", e=5.0, functional="RPBE")])
    with pytest.raises(SampleError, match=r"frame 4: functional = 'RPBE', while 3 frames"):
        read_samples(path, "e", "eV")


def test_a_frame_without_periodicity_among_others_is_refused(tmp_path):
    molecule = frame("Fe", e=1.0)
    molecule.pbc = False
    path = save(tmp_path, [frame("Co", e=1.0), molecule])
    with pytest.raises(SampleError, match="frame 2: not periodic"):
        read_samples(path, "e", "eV")


def test_duplicates_are_noticed_and_their_disagreement_named(tmp_path):
    path = save(tmp_path, [frame("Co", e=1.0), frame("Co", e=1.5), frame("Fe", e=2.0)])
    (notice,) = read_samples(path, "e", "eV").notices
    assert "2 frames hold the same structure" in notice
    assert "differ by 0.5" in notice


def test_the_same_structure_with_another_adsorbate_is_no_duplicate(tmp_path):
    path = save(tmp_path, [frame("Co", e=1.0, adsorbate="H"), frame("Co", e=2.0, adsorbate="O")])
    assert read_samples(path, "e", "eV").notices == ()


def test_a_truncated_file_says_where_it_ends(tmp_path):
    path = save(tmp_path, [frame("Co", e=1.0), frame("Fe", e=2.0)])
    text = path.read_text()
    path.write_text(text[: int(len(text) * 0.8)])
    with pytest.raises(SampleError, match=r"own\.extxyz frame 2: cannot be read"):
        read_samples(path, "e", "eV")


@pytest.mark.parametrize(
    ("name", "words"),
    [("missing.extxyz", "does not exist"), ("own.csv", "unknown ending '.csv'")],
)
def test_a_source_that_is_none_says_what_to_give(tmp_path, name, words):
    (tmp_path / "own.csv").write_text("a\n")
    with pytest.raises(SacmlError, match=words):
        read_samples(tmp_path / name, "e", "eV")


def test_an_unknown_key_is_named_with_those_there_are(tmp_path):
    path = save(tmp_path, [frame("Co", energy_of_binding=1.0)])
    with pytest.raises(SacmlError, match="did you mean 'energy_of_binding'"):
        read_samples(path, "energy_binding", "eV")
