"""Results of `sacml label` beside those of the handed-over campaign: one builder for both."""

import csv
from pathlib import Path

import ase.io
import pytest
from dft_scripts import script

from sacml._resources import dataset_path
from sacml.data.catalogue import read_labels
from sacml.design.objectives import stability
from sacml.domain import Candidate
from sacml.labels import TaskResult, metal_tasks, preset
from sacml.labels.campaign import Campaign
from sacml.labels.settings import ProtocolSettings

SAMPLE = Path(__file__).parent / "campaign"
OWN = preset("pbe-pw340")
FINER = ProtocolSettings(name="finer", relax_kpts=(2, 2, 1))


def handed_over():
    return {k: ase.io.read(SAMPLE / f"{k}.xyz").info["E"]
            for k in ("site_Co_NNNN", "ads_Co_NNNN_Li_ring6")}  # fmt: skip


class Given:
    """Gives chosen energies at the starting structures, as a worker would."""

    def __init__(self, energies):
        self.energies = energies

    def run(self, task, settings, folder, attempt=0):
        if task.key not in self.energies:
            return TaskResult.failed(task, "bad_input", "not in the table of the test")
        relaxed = task.kind in ("site", "adsorption")
        return TaskResult(
            key=task.key, kind=task.kind, status="ok", settings_digest=settings.digest,
            level_of_theory=settings.level_of_theory, energy_eV=self.energies[task.key],
            width_eV=0.1, scf_try=0, geometry=task.inputs.structure, versions={"gpaw": "22.8.0"},
            geometry_converged=True if relaxed else None, moment_muB=0.5,
            relax_max_force_eV_A=0.1 if relaxed else None, timings_s={"all": 100.0},
        )  # fmt: skip


def campaign(folder, settings, lower=0.0, shift=0.0, atom=0.0):
    """Co-N4 with Li on two places; `lower` moves ring6 from the handed-over energy."""
    known = handed_over()
    atoms = {
        r["key"]: float(r["energy_eV"])
        for r in rows(dataset_path("dft", "calculations.csv"))
        if r["kind"] in ("atom", "bulk")
    }
    energies = {
        "atom/Li": atoms["atom/Li"] + atom, "bulk/Li": atoms["bulk/Li"],
        "site/Co-N4@graphene": known["site_Co_NNNN"] + shift,
        "ads/Co-N4@graphene/Li/ring6": known["ads_Co_NNNN_Li_ring6"] + lower + shift,
        "ads/Co-N4@graphene/Li/ring5": known["ads_Co_NNNN_Li_ring6"] + 0.2 + shift,
    }  # fmt: skip
    with Campaign(folder, settings, engine=Given(energies), max_tries=1) as running:
        running.add_candidates([Candidate.parse("Co-N4@graphene;Li")],
                               ("ring6", "ring5", "top"), relative=False)  # fmt: skip
        running.run()
    return folder


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def merged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("merge")
    mine = campaign(folder / "mine", OWN, lower=-0.03)
    finer = campaign(folder / "finer", FINER, lower=0.01, shift=5.0)
    counts = script("build").build(SAMPLE, folder / "out", [mine, finer])
    return folder / "out", counts


def test_a_pair_from_both_is_one_label_the_lowest_and_every_start_stays(merged):
    out, counts = merged
    assert counts["pairs"] == 2
    pair = [r for r in rows(out / "binding.csv")
            if r["site"] == "Co-N4@graphene" and r["fidelity"] == "dft_own"]  # fmt: skip
    assert len(pair) == 4
    (label,) = [r for r in pair if r["lowest_of_starts"] == "True"]
    assert label["record_id"] == "mine:ads/Co-N4@graphene/Li/ring6"
    assert float(label["binding_energy_atom_eV"]) == pytest.approx(-1.93302 - 0.03, abs=2e-5)
    assert {(r["starts_tried"], r["n_starts"]) for r in pair} == {("4", "2")}
    keys = {r["key"] for r in rows(out / "calculations.csv")}
    assert {"ads/Co/NNNN/Li/ring6", label["record_id"], "mine:atom/Li", "atom/Li"} <= keys


def test_other_settings_are_a_level_of_their_own(merged):
    out, _ = merged
    other = [r for r in rows(out / "binding.csv") if r["fidelity"] == "dft_other_settings"]
    assert {r["level_of_theory"] for r in other} == {"GPAW-PW340/PBE (relax_kpts=2x2x1)"}
    (lowest,) = [r for r in other if r["lowest_of_starts"] == "True"]
    # its own bare site, 5 eV away, not the protocol's
    assert float(lowest["binding_energy_atom_eV"]) == pytest.approx(-1.93302 + 0.01, abs=2e-5)
    data = read_labels(out)
    assert all("another fidelity" in r.not_for_fit
               for r in data.select(fidelity="dft_other_settings"))  # fmt: skip


def test_geometries_and_moments_of_both_are_measured_alike(merged):
    out, _ = merged
    found = {r["record_id"]: r for r in rows(out / "binding.csv")}
    mine = found["mine:ads/Co-N4@graphene/Li/ring6"]
    theirs = found["ads/Co/NNNN/Li/ring6"]
    for column in ("metal_alkali_distance_A", "alkali_height_A", "metal_height_A"):
        assert abs(float(mine[column]) - float(theirs[column])) < 1.0, column
    assert (mine["metal"], mine["meets_rule"], mine["settings_digest"]) == (
        "Co",
        "True",
        OWN.digest,
    )
    frames = {a.info["key"] for a in ase.io.read(out / "structures.extxyz", index=":")}
    assert mine["record_id"] in frames


@pytest.mark.parametrize(
    ("asked", "told"),
    [("Co-N2O2@graphene", "Co-N2O2(trans)@graphene"),
     ("Co-N2O2(cis5)@graphene", "Co-N2O2(cis5)@graphene")],
)  # fmt: skip
def test_an_isomer_that_was_not_asked_for_is_read_from_the_geometry(tmp_path, asked, told):
    energies = {"atom/Li": 0.0, "bulk/Li": -1.6, f"site/{asked}": -100.0,
                f"ads/{asked}/Li/ring6": -101.5}  # fmt: skip
    with Campaign(tmp_path / "mine", OWN, engine=Given(energies), max_tries=1) as running:
        running.add_candidates([Candidate.parse(f"{asked};Li")], ("ring6",), relative=False)
        running.run()
    script("build").build(None, tmp_path / "out", [tmp_path / "mine"])
    (pair,) = [r for r in rows(tmp_path / "out" / "binding.csv")
               if r["record_id"] == f"mine:ads/{asked}/Li/ring6"]  # fmt: skip
    assert pair["site"] == told
    frames = {a.info["key"]: a for a in ase.io.read(tmp_path / "out" / "structures.extxyz", ":")}
    assert {frames[f"mine:{kind}/{asked}{rest}"].info["site"]
            for kind, rest in (("site", ""), ("ads", "/Li/ring6"))} == {told}  # fmt: skip


def test_the_noise_floor_reads_what_is_there(merged):
    out, _ = merged
    card = script("build_card")
    text = card.noise_block(card.read(out / "binding.csv"), card.read(out / "calculations.csv"))
    assert "relax_kpts=2x2x1" in text
    assert "+0.040" in text  # against the merged label
    assert "a 5x5 cell: not yet computed" in text
    assert "| relaxed at the mesh of the energy | 1 | 1 | +0.040 | 0.040 | +0.040 |" in text
    assert "relaxed at the mesh of the energy: not yet" not in text


def test_the_noise_floor_is_the_root_mean_square_of_all_changes():
    noise = script("build_noise")

    def line(pair, change):
        return (pair, "", "", "", change)

    text = noise.summary({
        "one": [line("Fe-N4@graphene with Li", "+0.300"), line("Zr-N4@graphene with Li", "-0.400")],
        "two": [line("Zr-N4@graphene with Na", "+0.000")], "three": [],
    })  # fmt: skip
    assert "| one | 2 | 2 | -0.050 | 0.354 | -0.400 |" in text
    assert "| two | 1 | 1 | +0.000 | 0.000 | +0.000 |" in text
    assert "| together | 3 | 2 | -0.033 | 0.289 | -0.400 |" in text
    assert "three" not in text


def test_failed_tasks_keep_their_reason(merged):
    out, _ = merged
    failed = {r["key"]: r["reason"] for r in rows(out / "calculations.csv")
              if r["status"] == "fail"}  # fmt: skip
    assert failed["mine:ads/Co-N4@graphene/Li/top"] == "not in the table of the test"


def test_sources_that_disagree_on_an_atom_are_not_one_level(tmp_path):
    folder = campaign(tmp_path / "mine", OWN, atom=-0.2)
    with pytest.raises(SystemExit, match="differs between sources"):
        script("build").build(SAMPLE, tmp_path / "out", [folder])


def test_labels_of_a_cheap_engine_are_refused(tmp_path):
    cheap = ProtocolSettings(name="practice", engine="ase:fake:Fake")
    folder = campaign(tmp_path / "cheap", cheap)
    with pytest.raises(SystemExit, match="is no DFT"):
        script("build").build(SAMPLE, tmp_path / "out", [folder])


def test_bulk_metals_of_their_own_campaign_give_stability_to_the_objective(tmp_path, monkeypatch):
    """Sites of one folder, metals of another: a row each, which `sacml propose` reads."""
    known = {r["key"]: float(r["energy_eV"]) for r in rows(dataset_path("dft", "calculations.csv"))
             if r["status"] == "ok"}  # fmt: skip
    metals, spin = tmp_path / "metals", tmp_path / "spin"
    with Campaign(metals, OWN, engine=Given({"bulk/Co": -7.0}), max_tries=1) as running:
        running.add(metal_tasks(["Co"], OWN))
        running.run()
    # a second spin state above the first, and another level: neither is a row
    campaign(spin, OWN, shift=0.3)
    campaign(tmp_path / "finer", FINER, shift=-5.0)
    counts = script("build").build(
        dataset_path("dft", "campaign") / "results", tmp_path / "out",
        [metals, spin, tmp_path / "finer"],
    )  # fmt: skip
    (row,) = rows(tmp_path / "out" / "stability.csv")
    assert counts["stability"] == 1
    assert (row["site"], row["site_key"], row["bulk_key"]) == (
        "Co-N4@graphene", "site/Co/NNNN", "metals:bulk/Co",
    )  # fmt: skip
    expected = known["site/Co/NNNN"] - known["site/none/NNNN"] + 7.0
    assert float(row["metal_stability_eV"]) == pytest.approx(expected, abs=1e-4)
    assert row["level_of_theory"] == "GPAW-PW340/PBE"

    monkeypatch.setattr(stability, "dataset_path", lambda *parts: tmp_path / "out" / parts[-1])
    stability.stability_labels.cache_clear()
    found = stability.stability_objective()
    stability.stability_labels.cache_clear()
    assert found is not None
    assert [site for site, _ in found.labels] == ["Co-N4@graphene"]
    assert found.labels[0][1] == pytest.approx(expected, abs=1e-4)


def test_several_atoms_on_a_site_come_without_the_starts_beside_them(tmp_path):
    """Their bare site began from a label's structure: it must not lower the label."""
    known = {r["key"]: float(r["energy_eV"])
             for r in rows(dataset_path("dft", "calculations.csv"))
             if r["key"] in ("atom/Li", "bulk/Li")}  # fmt: skip
    site, loaded = "site/Co-N4@graphene", "load/Co-N4@graphene/Li/2/"
    energies = known | {site: -300.0, "ads/Co-N4@graphene/Li/ring6": -303.0,
                        f"{loaded}one": -304.0, f"{loaded}both": -305.0}  # fmt: skip
    folder = tmp_path / "loadings"
    with Campaign(folder, OWN, engine=Given(energies), max_tries=1) as running:
        running.add_candidates([Candidate.parse("Co-N4@graphene;Li")], ("ring6",), relative=False,
                               loadings=(2,))  # fmt: skip
        running.run()
    build = script("build")
    plain = build.build(SAMPLE, tmp_path / "plain")
    counts = build.build(SAMPLE, tmp_path / "both", loadings=[folder])
    assert counts == plain | {"loadings": 1}
    (row,) = rows(tmp_path / "both" / "loadings.csv")
    assert (row["site"], row["count"], row["key"]) == ("Co-N4@graphene", "2", f"{loaded}both")
    assert float(row["mean_binding_atom_eV"]) == pytest.approx(-2.5 - known["atom/Li"], abs=1e-5)
