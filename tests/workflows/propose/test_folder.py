"""The folder of an answer: whole, readable by others, and never over anything of the user's."""

import json
from dataclasses import replace

import ase.io
import numpy as np
import pytest
from shell import rows_of

from sacml.domain import Candidate, Site
from sacml.structures import build
from sacml.workflows.propose import ask
from sacml.workflows.propose.folder import FolderError, check_folder, write_proposals

SPACE = {"metals": ["Co", "Fe", "Zn"], "hosts": ["graphene"], "centres": ["single"]}
CODES = {"vasp", "espresso", "cp2k", "gpaw"}


@pytest.fixture(scope="module")
def question():
    return ask("Na", space=SPACE, top=3)


@pytest.fixture(scope="module")
def found(question):
    """Three proposals, the last on a site that its host cannot hold."""
    made = question.answer()
    assert len(made) == 3
    wrong = Candidate(Site.parse("Co-N2C2@g_c3n4"), "Na", made.conditions)
    return replace(made, items=(*made.items[:2], replace(made[2], candidate=wrong)))


@pytest.fixture(scope="module")
def written(found, question, tmp_path_factory):
    out = tmp_path_factory.mktemp("answers") / "Na"
    return write_proposals(found, question, out, command="sacml propose Na --out Na")


def test_every_proposal_is_listed_with_its_folder_or_the_reason(written, found):
    rows = rows_of(written.path / "proposals.csv")
    answer = json.loads((written.path / "proposals.json").read_text(encoding="utf-8"))
    assert [r["site"] for r in rows] == [str(p.candidate.site) for p in found]
    assert [s["rank"] for s in answer["structures"]] == [1, 2, 3]
    for row, made, known in zip(rows[:2], written.built, answer["structures"], strict=False):
        assert row["structure"] == made.folder == known["folder"]
        assert (written.path / made.folder).is_dir()
    assert rows[2]["structure"].startswith("not built: ")
    assert [b.rank for b in written.refused] == [3]
    assert answer["structures"][2]["reason"] == written.refused[0].reason != ""
    folders = {p.name for p in written.path.iterdir() if p.is_dir()}
    assert folders == {b.folder for b in written.built[:2]}, "and no drafts are left"


@pytest.mark.parametrize("name", ["structure.cif", "POSCAR", "structure.extxyz"])
def test_other_programs_read_the_same_structure(written, found, name):
    for made, proposal in zip(written.built[:2], found, strict=False):
        wanted = build(proposal.candidate.site, "Na").atoms
        kind = {"POSCAR": "vasp"}.get(name)
        got = ase.io.read(written.path / made.folder / name, format=kind)
        assert got.get_chemical_formula() == wanted.get_chemical_formula()
        assert np.allclose(got.cell.lengths(), wanted.cell.lengths(), atol=1e-4)
        got.set_pbc(wanted.pbc)
        mine, theirs = (np.sort(a.get_all_distances(mic=True).ravel()) for a in (wanted, got))
        assert np.allclose(mine, theirs, atol=2e-3)


def test_a_folder_holds_inputs_of_all_codes_a_picture_and_the_bare_site(written, found):
    for made, proposal in zip(written.built[:2], found, strict=False):
        folder = written.path / made.folder
        assert (folder / "structure.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        for place in (folder, folder / "bare"):
            assert {p.name for p in place.iterdir() if p.is_dir()} - {"bare"} == CODES
        bare = ase.io.read(folder / "bare" / "structure.extxyz")
        full = ase.io.read(folder / "structure.extxyz")
        assert len(full) == len(bare) + 1
        assert "Na" not in bare.get_chemical_symbols()
        text = (folder / "reasons.txt").read_text(encoding="utf-8")
        joined = " ".join(text.split())
        assert all(s in joined for s in proposal.why + proposal.uncertain)
        assert "GPAW 22.8.0" in joined, "the level is stated"
        assert "E(this folder) - E(bare/)" in joined
        assert max(map(len, text.splitlines())) <= 100


def test_the_page_is_of_this_answer(written, found):
    page = (written.path / "proposals.html").read_text(encoding="utf-8")
    for proposal in found:
        assert str(proposal.candidate.site) in page
    assert "sacml propose Na --out Na" in page
    assert written.refused[0].reason.split(";")[0][:40] in page
    assert len(page.encode()) < 6_000_000


def test_an_earlier_answer_is_replaced_and_leaves_nothing_behind(found, question, tmp_path):
    out = tmp_path / "answer"
    made = write_proposals(replace(found, items=found.items[:1]), question, out)
    assert (out / made.built[0].folder).is_dir()
    write_proposals(replace(found, items=()), question, out)
    assert not any(p.is_dir() for p in out.iterdir())
    assert list(tmp_path.iterdir()) == [out]


def test_results_of_a_calculation_are_never_lost(found, question, tmp_path):
    out = tmp_path / "answer"
    made = write_proposals(replace(found, items=found.items[:1]), question, out)
    result = out / made.built[0].folder / "vasp" / "1_relax" / "OUTCAR"
    result.write_text("weeks of work", encoding="utf-8")
    with pytest.raises(FolderError, match=r"OUTCAR.*nothing was touched"):
        write_proposals(found, question, out)
    assert result.read_text(encoding="utf-8") == "weeks of work"
    result.unlink()
    changed = out / made.built[0].folder / "POSCAR"
    changed.write_text("by hand", encoding="utf-8")
    with pytest.raises(FolderError, match="POSCAR"):
        check_folder(out)


def test_folders_that_are_not_ours_are_refused(tmp_path, monkeypatch):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FolderError, match="not empty"):
        check_folder(tmp_path)
    with pytest.raises(FolderError, match="is a file"):
        check_folder(tmp_path / "notes.txt")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FolderError, match="current folder"):
        check_folder(".")
    (tmp_path / "empty").mkdir()
    assert check_folder("empty") == tmp_path / "empty"
    assert check_folder("new/deeper") == tmp_path / "new" / "deeper"


@pytest.mark.parametrize("content", ["", "[]", '{"schema": "other/1", "files": {}}', "{"])
def test_a_manifest_of_something_else_makes_no_folder_ours(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(FolderError, match="not empty"):
        check_folder(tmp_path)


def test_an_interrupt_while_writing_leaves_what_was_there(found, question, tmp_path):
    out = tmp_path / "answer"
    write_proposals(replace(found, items=found.items[:1]), question, out)
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_proposals(found, question, out, on_built=stop)
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before
    assert list(tmp_path.iterdir()) == [out]


def test_a_partial_answer_is_marked_in_every_file(found, question, tmp_path):
    partial = replace(found, items=(), partial=True)
    made = write_proposals(partial, question, tmp_path / "answer")
    assert made.built == ()
    answer = json.loads((made.path / "proposals.json").read_text(encoding="utf-8"))
    assert answer["partial"] is True
    assert "Partial." in (made.path / "proposals.html").read_text(encoding="utf-8")
