import csv

import numpy as np
import pytest

from sacml.domain import Candidate
from sacml.errors import MixedReferenceError
from sacml.labels import ProtocolSettings, TaskResult, binding_labels, loading, signs
from sacml.labels.campaign import Campaign
from sacml.labels.loading import loading_labels, loading_tasks
from sacml.labels.results import Results
from sacml.labels.several import add_several
from sacml.labels.table import tables
from sacml.labels.task import LabelError
from sacml.structures import BuildOptions, build

OPTIONS = BuildOptions()
SETTINGS = ProtocolSettings(name="fake", engine="ase:fake:Fake")
SITE = "Mn-N4@graphene"
ENERGIES = {
    "atom/Li": -1.0, "bulk/Li": -2.5, f"site/{SITE}": -100.0, f"ads/{SITE}/Li/ring6": -102.5,
    f"load/{SITE}/Li/2/one": -104.4, f"load/{SITE}/Li/2/both": -105.0,
    f"load/{SITE}/Li/3/one": -107.5,
}  # fmt: skip


class Given:
    def run(self, task, settings, folder, attempt=0):
        if task.key not in ENERGIES:
            return TaskResult.failed(task, "bad_input", "not in the table of the test")
        return TaskResult(
            key=task.key, kind=task.kind, status="ok", settings_digest=settings.digest,
            level_of_theory="fake", energy_eV=ENERGIES[task.key], geometry=task.inputs.structure,
            geometry_converged=True,
        )  # fmt: skip


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    folder = tmp_path_factory.mktemp("loading")
    with Campaign(folder, SETTINGS, engine=Given()) as campaign:
        new, refused = campaign.add_candidates(
            [Candidate.parse(f"{SITE};Li")], ("ring6",), relative=False, loadings=(2, 3)
        )
        assert (new, refused) == (8, [])
        campaign.run()
        yield campaign


@pytest.mark.parametrize("site", [SITE, "Zr-N4@graphene", "Zr-N3@graphene", "vac-N4@graphene"])
@pytest.mark.parametrize("faces", ["one", "both"])
@pytest.mark.parametrize("alkali", ["Li", "K"])
def test_atoms_start_clear_of_each_other_and_of_the_site(site, faces, alkali):
    bare = build(site)
    found = add_several(bare, alkali, 2, faces, OPTIONS)
    atoms, n = found.atoms, len(bare.atoms)
    assert list(atoms.symbols[n:]) == [alkali] * 2
    distances = atoms.get_all_distances(mic=True)
    assert distances[n, n + 1] > {"Li": 2.6, "K": 4.1}[alkali]
    assert distances[n:, :n].min() > 1.7
    # the site itself is only shifted as a whole
    shift = atoms.positions[:n] - bare.atoms.positions
    assert np.abs(shift - shift[0]).max() < 1e-9
    height = atoms.positions[n:, 2] - np.median(atoms.positions[:n, 2])
    assert (height > 0).all() if faces == "one" else height[0] > 0 > height[1]
    assert atoms.positions[:, 2].min() > 2.9  # off the end of the cell


def test_too_many_atoms_are_refused_with_what_fits():
    with pytest.raises(LabelError, match="no room for 40 Li"):
        add_several(build(SITE), "Li", 40, "one", OPTIONS)
    with pytest.raises(LabelError, match="2 or more"):
        loading_tasks(SITE, "Li", 1, SETTINGS)


def test_energies_are_per_atom_and_the_lowest_start_counts(campaign):
    labels = loading_labels(Results(campaign.results()))
    two, three = labels
    assert (two.count, two.key) == (2, f"load/{SITE}/Li/2/both")
    assert two.mean_binding_atom_eV == pytest.approx(-5.0 / 2 + 1.0)
    assert two.mean_binding_bulk_eV == pytest.approx(-5.0 / 2 + 2.5)
    assert [e for _, e in two.starts] == pytest.approx([-1.5, -1.2])
    assert three.mean_binding_atom_eV == pytest.approx(-7.5 / 3 + 1.0)
    assert len(three.metal_alkali_distances_A) == 3
    assert three.largest_bond_change_A == pytest.approx(0.0, abs=1e-6)  # nothing moved here


def test_loadings_are_no_binding_energies(campaign):
    """One atom and several are kept apart in labels and tables."""
    labels, refused = binding_labels(campaign.results())
    assert refused == []
    assert [la.key for la in labels] == [f"ads/{SITE}/Li/ring6"]
    assert labels[0].starts_tried == 1


def test_levels_are_not_mixed():
    one, other = (signs.Energy(-1.0, level, "d", level) for level in ("A", "B"))
    with pytest.raises(MixedReferenceError):
        signs.mean_binding(one, one, other, 2)


def test_the_table_has_a_file_of_its_own(campaign, tmp_path):
    found = tables(campaign.queue)
    found.write(tmp_path / "t")
    with (tmp_path / "t" / "loadings.csv").open() as handle:
        rows = {int(r["count"]): r for r in csv.DictReader(handle)}
    assert float(rows[2]["mean_binding_atom_eV"]) == pytest.approx(-1.5)
    with (tmp_path / "t" / "binding.csv").open() as handle:
        assert [r["record_id"] for r in csv.DictReader(handle)] == [f"ads/{SITE}/Li/ring6"]
    failed = {r["key"] for r in found.calculations if r["status"] == "failed"}
    assert failed == {f"load/{SITE}/Li/3/both"}


def test_the_bundled_table_reads_back_what_was_written(campaign, tmp_path, monkeypatch):
    found = loading_labels(Results(campaign.results()))
    assert len(found) == 2
    path = tmp_path / "loadings.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, loading.COLUMNS)
        writer.writeheader()
        writer.writerows(map(loading.written, found))
    monkeypatch.setattr(loading, "dataset_path", lambda *names: path)
    for label, again in zip(found, loading.bundled_loadings(), strict=True):
        assert (again.site, again.alkali, again.count, again.key) == (
            label.site, label.alkali, label.count, label.key,
        )  # fmt: skip
        assert again.mean_binding_atom_eV == pytest.approx(label.mean_binding_atom_eV, abs=1e-5)
        assert [k for k, _ in again.starts] == [k for k, _ in label.starts]
        assert again.metal_alkali_distances_A == pytest.approx(
            label.metal_alkali_distances_A, abs=1e-5
        )
        assert again.geometry_converged is label.geometry_converged


def test_the_bundled_table_can_be_read():
    assert all(x.count > 1 for x in loading.bundled_loadings())
