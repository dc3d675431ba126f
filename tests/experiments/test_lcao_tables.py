"""Orbital single points beside plane waves: which energies are subtracted, what is printed."""

import sys
from pathlib import Path

import pytest

from sacml.labels import Inputs, Task, TaskResult, preset
from sacml.labels.campaign import Campaign

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
sys.path.insert(0, str(EXPERIMENTS))
lcao = pytest.importorskip("lcao", reason="experiments are not part of an installed package")
tables = pytest.importorskip("lcao_tables")

PAIRS = ("Ni-N4@graphene;Li", "Co-N4@graphene;Li")
SHIFT = {"Ni-N4@graphene;Li": 0.02, "Co-N4@graphene;Li": -0.04}


class Given:
    """Energies by key."""

    def __init__(self, energies):
        self.energies = energies

    def run(self, task, settings, folder, attempt=0):
        return TaskResult(
            key=task.key, kind=task.kind, status="ok", settings_digest=settings.digest,
            level_of_theory=settings.level_of_theory, energy_eV=self.energies[task.key],
            moment_muB=0.0, cpu_s=50.0,
        )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two pairs of the dataset, off by `SHIFT`; of a third one the start is missing."""
    out, settings, known = tmp_path_factory.mktemp("lcao"), preset("pbe-lcao-dzp"), lcao.labels()
    energies = {"atom/Li": -0.2, f"sp/{known['Zn-N4@graphene;Li']['site_key']}": -1.0}
    for number, pair in enumerate(PAIRS):
        row, bare = known[pair], -100.0 * (number + 1)
        binding = float(row["binding_energy_atom_eV"]) + SHIFT[pair]
        energies |= {f"sp/{row['site_key']}": bare, f"sp/{row['record_id']}": bare - 0.2 + binding}
    tasks = [t for t in lcao.tasks_on_dft(settings.digest) if t.key in energies]
    with Campaign(out / "dft", settings, engine=Given(energies)) as campaign:
        campaign.add({t.key: t for t in tasks}.values())
        campaign.run()
    return out


def test_plane_waves_stand_in_the_same_state_as_the_orbitals():
    """Zr has a lower state from a second start moment, which orbitals were not asked for."""
    known = lcao.labels()
    assert not [r for r in known.values() if "/m" in r["record_id"] + r["site_key"]]
    assert float(known["Zr-N4@graphene;Li"]["binding_energy_atom_eV"]) == pytest.approx(
        -1.364, abs=1e-3
    )
    assert float(known["Ni-N4@graphene;Li"]["binding_energy_atom_eV"]) == pytest.approx(
        -1.590, abs=1e-3
    )


def test_only_complete_pairs_have_a_row(folder):
    rows = list(tables.energy_rows(folder, lcao.labels()))
    found = {f"{r['site']};{r['alkali']}": float(r["change_eV"]) for r in rows}
    assert found == pytest.approx(SHIFT, abs=2e-4)
    assert {r["geometry"] for r in rows} == {"dft"}
    assert {r["cpu_start_s"] for r in rows} == {50.0}


def test_the_tables_say_error_bias_and_cost(folder, tmp_path):
    text = tables.write_tables(folder, lcao.labels(), tmp_path)
    line = next(x for x in text.splitlines() if x.startswith("| dft | all"))
    assert [x.strip() for x in line.split("|")[3:6]] == ["2", "0.030", "-0.010"]
    assert "-0.040 (Co-N4@graphene, Li)" in line
    assert "takes 50 s of processor time" in text
    assert (tmp_path / "lcao.md").read_text().strip() == text
    assert len((tmp_path / "lcao.csv").read_text().splitlines()) == 3


def test_without_a_pair_nothing_is_written(tmp_path):
    assert tables.write_tables(tmp_path, lcao.labels(), tmp_path) == "no pair is complete yet"
    assert list(tmp_path.iterdir()) == []


def test_single_points_stand_at_the_geometries_and_moments_of_the_dataset():
    settings, shapes = preset("pbe-lcao-dzp"), lcao.frames()
    tasks = {t.key: t for t in lcao.tasks_on_dft(settings.digest)}
    iron = tasks["sp/site/Fe/NNNN"].atoms()
    assert iron.positions == pytest.approx(shapes["site/Fe/NNNN"].positions, abs=1e-7)
    assert iron.get_initial_magnetic_moments().max() == pytest.approx(1.797, abs=1e-3)
    # what is left of moments in a state without any is no start
    assert not tasks["sp/ads/Co/NNNN/Li/ring6"].atoms().get_initial_magnetic_moments().any()
    assert isinstance(tasks["atom/Li"], Task)
    assert tasks["atom/Li"].inputs == Inputs(element="Li")
