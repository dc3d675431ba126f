"""A campaign on a Dask cluster of real processes: a killed worker loses nothing."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from sacml.executors import dask_executor
from sacml.labels import ProtocolSettings
from sacml.labels.campaign import Campaign
from sacml.labels.campaign_run import CampaignError
from sacml.labels.engines import Limits, make_engine
from sacml.labels.queue_files import read_record
from sacml.labels.task import Inputs, Task

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.long

N = 14
SETTINGS = ProtocolSettings.from_dict({"engine": "ase:ase.calculators.emt:EMT"})
STRUCTURE = (
    '2\nLattice="{a} 0 0 0 {a} 0 0 0 {a}" Properties=species:S:1:pos:R:3 pbc="T T T"\n'
    "Cu 0.0 0.0 0.0\nCu 0.0 0.0 {d}\n"
)


def tasks():
    return [
        Task(key=f"point/{i}", kind="single_point", settings_digest=SETTINGS.digest,
             inputs=Inputs(structure=STRUCTURE.format(a=8.0, d=2.2 + 0.02 * i)))
        for i in range(N)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """Energies by the same engine in this process's own workers."""
    folder = tmp_path_factory.mktemp("alone")
    with Campaign(folder, SETTINGS) as campaign:
        campaign.add(tasks())
        campaign.run(workers=2)
        return {key: r.energy_eV for key, r in campaign.results().items()}


def cluster_of(n):
    return distributed.LocalCluster(
        n_workers=n, threads_per_worker=1, processes=True, dashboard_address=None,
    )  # fmt: skip


def stored(folder):
    return {json.loads(json.dumps(read_record(p)[1]))["key"]: p.read_bytes()
            for p in (folder / "results").glob("*.json")}  # fmt: skip


def test_a_killed_worker_loses_nothing(tmp_path, expected):
    engine = make_engine(SETTINGS, Limits(wall_s=120, memory_MB=None))
    kept: list[dict] = []
    with (
        cluster_of(2) as cluster,
        dask_executor(cluster.scheduler_address) as pool,
        Campaign(tmp_path, SETTINGS, engine=engine) as campaign,
    ):
        campaign.add(tasks())
        pids = list(distributed.Client(cluster, set_as_default=False).run(os.getpid).values())
        ended = threading.Event()

        def kill():
            for pid in pids:
                while len(stored(tmp_path)) < 3 * (1 + pids.index(pid)) and not ended.wait(0.05):
                    pass
                kept.append(stored(tmp_path))
                os.kill(pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        status = campaign.run(workers=2, executor=pool)
        ended.set()
        killer.join()
        results = campaign.results()
    assert status.counts == {"done": N}, status.lines()
    assert len(kept) == 2
    assert 0 < len(kept[0]) < N  # the kills met work
    after = stored(tmp_path)
    for before in kept:  # nothing that was stored has changed
        assert all(after[key] == content for key, content in before.items())
    assert {key: r.energy_eV for key, r in results.items()} == expected


def test_a_cluster_that_goes_away_gives_the_tasks_back(tmp_path, expected):
    cluster = cluster_of(1)
    with (
        dask_executor(cluster.scheduler_address) as pool,
        Campaign(tmp_path, SETTINGS) as campaign,
    ):
        campaign.add(tasks())

        def close():
            end = time.monotonic() + 60
            while len(stored(tmp_path)) < 2 and time.monotonic() < end:
                time.sleep(0.05)
            cluster.close()

        closer = threading.Thread(target=close)
        closer.start()
        with pytest.raises(CampaignError, match="executor"):
            campaign.run(workers=2, executor=pool)
        closer.join()
        counts = campaign.status().counts
        assert counts["done"] >= 2
        assert counts["done"] + counts["ready"] == N  # none failed, none in hand
        # and without a cluster it goes on where it stopped
        assert campaign.run(workers=2).counts == {"done": N}
        assert {key: r.energy_eV for key, r in campaign.results().items()} == expected


def test_the_command_computes_on_a_cluster(tmp_path):
    (tmp_path / "c.toml").write_text(
        'candidates = ["@graphene;Li"]\nrelative = false\n[protocol]\nmax_steps = 1\n'
        'engine = "ase:ase.calculators.lj:LennardJones"\nbulk_scales = [0.3, 0.35, 0.4, 0.45]\n'
        "engine_options = { sigma = 1.2, epsilon = 0.01, rc = 4.0 }\n"
    )
    with cluster_of(1) as cluster:
        done = subprocess.run(
            [sys.executable, "-m", "sacml.cli", "label", "run", str(tmp_path / "c.toml"), "--out",
             str(tmp_path / "out"), "--dask", cluster.scheduler_address],
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
    assert "4 tasks: 3 done" in done.stdout or "4 tasks: 4 done" in done.stdout, done
    assert done.returncode == 0
