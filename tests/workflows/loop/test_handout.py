"""Inputs are handed out, finished calculations come back through the importer."""

import ase.io
import pytest
from ase.calculators.singlepoint import SinglePointCalculator
from shell import rows_of
from workflows.loop.fakes import binding, loop

from sacml.labels.task import key_of
from sacml.workflows.loop import run_loop
from sacml.workflows.loop.state import LoopError

LEVEL = "code=VASP;functional=PBE;u=none;dispersion=none;cutoff=520 eV;kpoints=2x2x1"
SPACE = {"metals": ["Co", "Ni"], "centres": ["single"], "hosts": ["graphene"],
         "single_shells": {"graphene": ["N4"]}}  # fmt: skip


def config(**given):
    return loop(**{"space": SPACE, "budget": 2, "batch": 2, **given}, strategy="random",
                level_of_theory=LEVEL, protocol={"engine": "vasp"})  # fmt: skip


def handed(out):
    return {key_of(p.name): p for p in (out / "handed").iterdir()}


def finish(folder, key, level=LEVEL, **info):
    """Put a finished calculation into its folder: the handed structure with an energy."""
    atoms = ase.io.read(next(folder.rglob("POSCAR")))
    energy = 0.0
    if key.startswith("ads/"):
        _, site, alkali, _ = key.split("/")
        energy = binding(site.partition("-")[0], alkali)
    atoms.calc = SinglePointCalculator(atoms, energy=energy)
    atoms.info = {"converged": True, "level_of_theory": level, **info}
    ase.io.write(folder / "result.extxyz", atoms, format="extxyz")


@pytest.fixture
def begun(tmp_path):
    """A loop that has handed out its first round."""
    found = run_loop(config(), tmp_path / "loop", track=False)
    return found, tmp_path / "loop"


def test_inputs_are_written_once_and_the_loop_waits(begun):
    found, out = begun
    assert found.ended == "waiting"
    assert sorted(handed(out)) == [
        "ads/Co-N4@graphene/Li/ring6", "ads/Ni-N4@graphene/Li/ring6", "atom/Li",
        "site/Co-N4@graphene", "site/Ni-N4@graphene",
    ]  # fmt: skip
    assert "no result yet" in found.message
    assert "FAILED" in found.message
    start = ase.io.read(next(handed(out)["ads/Co-N4@graphene/Li/ring6"].rglob("POSCAR")))
    assert start.symbols.count("Li") == 1
    mark = next(handed(out)["atom/Li"].rglob("INCAR"))
    mark.write_text("edited by hand\n")
    assert run_loop(config(), out, track=False).ended == "waiting"
    assert mark.read_text() == "edited by hand\n"


def test_what_comes_back_is_taken_in_and_the_loop_goes_on(begun):
    _, out = begun
    for key, folder in handed(out).items():
        if not key.startswith("ads/Ni"):
            finish(folder, key)
    halfway = run_loop(config(), out, track=False)
    assert halfway.ended == "waiting"
    assert "Ni-N4" in halfway.message
    assert "Co-N4" not in halfway.message
    finish(handed(out)["ads/Ni-N4@graphene/Li/ring6"], "ads/Ni-N4@graphene/Li/ring6")
    found = run_loop(config(), out, track=False)
    assert found.ended == "budget"
    labels = {r["site"]: float(r["label_eV"]) for r in rows_of(out / "loop.csv")}
    assert labels == {f"{m}-N4@graphene": pytest.approx(binding(m, "Li")) for m in ("Co", "Ni")}
    assert found.course[-1]["taught_by"] == 2


def test_a_calculation_that_will_not_come_is_kept_with_its_reason(begun):
    _, out = begun
    for key, folder in handed(out).items():
        if key.startswith("site/Ni"):
            (folder / "FAILED").write_text("the SCF never converged\n")
        elif "Ni" not in key:
            finish(folder, key)
    found = run_loop(config(), out, track=False)
    assert found.ended == "budget"
    rows = {r["site"]: r for r in rows_of(out / "loop.csv")}
    assert rows["Ni-N4@graphene"]["label_eV"] == ""
    assert "the SCF never converged" in rows["Ni-N4@graphene"]["no_label_because"]
    assert rows["Co-N4@graphene"]["label_eV"]


def test_a_label_of_another_level_is_refused_and_not_pooled(tmp_path):
    unstated, out = config().model_copy(update={"level_of_theory": ""}), tmp_path
    found = run_loop(unstated, out, track=False)
    first = next(
        line.split("%2F")[1].split("@")[0]
        for line in found.message.splitlines() if "ads%2F" in line
    )  # fmt: skip
    other = LEVEL.replace("520", "400")
    for key, folder in handed(out).items():
        finish(folder, key, level=LEVEL if first in key else other)
    atom = handed(out)["atom/Li"]
    finish(atom, "atom/Li")
    (atom / "again").mkdir()
    (atom / "again" / "POSCAR").write_text(next(atom.rglob("POSCAR")).read_text())
    finish(atom / "again", "atom/Li", level=other)
    found = run_loop(unstated, out, track=False)
    assert found.ended == "budget", found.message
    rows = {r["site"].partition("@")[0]: r for r in rows_of(out / "loop.csv")}
    (lost,) = set(rows) - {first}
    assert rows[first]["label_eV"]
    assert rows[lost]["label_eV"] == ""
    assert "another level of theory" in rows[lost]["no_label_because"]
    assert found.course[-1]["taught_by"] == 1


def test_an_atom_that_will_not_come_ends_all_labels_of_its_metal(begun):
    _, out = begun
    (handed(out)["atom/Li"] / "FAILED").write_text("no licence\n")
    found = run_loop(config(), out, track=False)
    assert {r["no_label_because"] for r in rows_of(out / "loop.csv")} == {"atom/Li: no licence"}
    assert found.course[-1]["labels"] == 0


def test_three_given_up_in_a_row_end_the_loop(tmp_path):
    space = SPACE | {"metals": ["Co", "Ni", "Zn", "Cu", "Fe"]}
    asked = config(batch=3, space=space, budget=5)
    run_loop(asked, tmp_path, track=False)
    (handed(tmp_path)["atom/Li"] / "FAILED").write_text("no licence\n")
    with pytest.raises(LoopError, match="last 3 candidates gave no label"):
        run_loop(asked, tmp_path, track=False)
