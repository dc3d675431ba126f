import csv

import ase.io
import pytest

from sacml.labels.binding import binding_label
from sacml.labels.campaign import Campaign
from sacml.labels.presets import preset
from sacml.labels.queue import Queue
from sacml.labels.settings import ProtocolSettings
from sacml.labels.table import OTHER_DFT, PRACTICE, fidelity, tables
from sacml.labels.task import TaskResult

SETTINGS = ProtocolSettings(name="practice", engine="ase:fake:Fake")
KEYS = {
    "atom/Li": -1.0, "bulk/Li": -2.5, "site/Co-N4@graphene": -100.0,
    "ads/Co-N4@graphene/Li/ring6": -103.0, "ads/Co-N4@graphene/Li/ring5": -102.75,
    "site/@graphene": -90.0, "ads/@graphene/Li/hollow": -92.0,
}  # fmt: skip


class Given:
    """Gives the energies of `KEYS` at the starting structures."""

    def run(self, task, settings, folder, attempt=0):
        if task.key not in KEYS:
            return TaskResult.failed(task, "bad_input", "not in the table of the test")
        return TaskResult(
            key=task.key, kind=task.kind, status="ok", settings_digest=settings.digest,
            level_of_theory="fake", energy_eV=KEYS[task.key], width_eV=0.1, moment_muB=1.0,
            geometry=task.inputs.structure, geometry_converged=True, timings_s={"all": 2.0},
            versions={"fake": "1"}, max_force_eV_A=0.1,
        )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from sacml.domain import Candidate

    folder = tmp_path_factory.mktemp("campaign")
    with Campaign(folder, SETTINGS, engine=Given()) as campaign:
        for text, places in (("Co-N4@graphene;Li", ("ring6", "ring5", "top")),
                             ("Ni-N4@graphene;Li", ("ring6",))):  # fmt: skip
            _, refused = campaign.add_candidates([Candidate.parse(text)], places)
            assert refused == []
        campaign.run()
    return folder


@pytest.fixture(scope="module")
def found(folder):
    with Queue(folder) as queue:
        return tables(queue)


def test_labels_are_those_of_the_protocol(found):
    by_site = {label.site: label for label in found.labels}
    assert set(by_site) == {"Co-N4@graphene", "@graphene"}
    label = by_site["Co-N4@graphene"]
    assert label == binding_label("Co-N4@graphene", "Li", found.results, d3=True)
    assert label.binding_energy_atom_eV == pytest.approx(-2.0)
    assert label.binding_energy_bulk_eV == pytest.approx(-0.5)
    assert label.relative_to_graphene_eV == pytest.approx(-1.0)


def test_every_start_has_a_row_and_the_lowest_is_marked(found):
    rows = [r for r in found.starts if r["site"] == "Co-N4@graphene"]
    assert [(r["start"], r["lowest_of_starts"]) for r in rows] == [
        ("ring6", True),
        ("ring5", False),
    ]
    assert [r["binding_energy_atom_eV"] for r in rows] == pytest.approx([-2.0, -1.75])
    assert [r["binding_energy_bulk_eV"] for r in rows] == pytest.approx([-0.5, -0.25])
    assert [r["relative_to_graphene_eV"] for r in rows] == pytest.approx([-1.0, -0.75])
    assert {r["fidelity"] for r in rows} == {PRACTICE}
    assert {r["metal"] for r in rows} == {"Co"}
    # geometry of the lowest only: the other start has another one
    assert rows[0]["metal_alkali_distance_A"] > 1
    assert rows[1]["metal_alkali_distance_A"] is None


def test_failures_are_rows_with_their_reason(found):
    rows = {r["key"]: r for r in found.calculations}
    assert rows["ads/Co-N4@graphene/Li/top"]["status"] == "failed"
    assert rows["ads/Co-N4@graphene/Li/top"]["reason"] == "not in the table of the test"
    assert rows["site/Co-N4@graphene"]["tries"] == 1
    # nothing was tried for what is blocked
    assert "ads/Ni-N4@graphene/Li/ring6" not in rows


def test_files_read_back(found, tmp_path):
    paths = found.write(tmp_path / "t")
    assert sorted(p.name for p in (tmp_path / "t").iterdir()) == sorted(p.name for p in paths)
    with (tmp_path / "t" / "binding.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    energies = {r["record_id"]: float(r["binding_energy_atom_eV"]) for r in rows}
    assert energies == pytest.approx({
        "ads/@graphene/Li/hollow": -1.0, "ads/Co-N4@graphene/Li/ring6": -2.0,
        "ads/Co-N4@graphene/Li/ring5": -1.75,
    })  # fmt: skip
    frames = ase.io.read(tmp_path / "t" / "structures.extxyz", ":")
    by_key = {f.info["key"]: f for f in frames}
    assert set(by_key) == set(KEYS)
    assert len(by_key["ads/Co-N4@graphene/Li/ring6"]) == len(by_key["site/Co-N4@graphene"]) + 1


def test_the_bundled_columns_are_kept():
    from sacml._resources import dataset_path
    from sacml.labels.table import BINDING

    with dataset_path("dft", "binding.csv").open() as handle:
        bundled = next(csv.reader(handle))
    # what the bundled table says of records, and its count of starts
    only_there = {"role", "source_group", "citation", "year", "confidence", "coordination_letters",
                  "meets_rule", "single_start_reason", "n_starts"}  # fmt: skip
    assert set(bundled) - only_there <= set(BINDING)


def test_fidelity_is_dft_only_with_the_protocols_own_settings():
    assert fidelity(preset("pbe-pw340")) == "dft_own"
    assert fidelity(preset("tiny")) == OTHER_DFT
    assert fidelity(SETTINGS) == PRACTICE
