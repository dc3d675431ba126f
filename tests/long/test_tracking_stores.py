"""Real servers and several processes: nothing is lost, and the status is right."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from sacml.tracking import default_uri, list_runs
from sacml.tracking.backend import connect
from sacml.tracking.merge import merge_runs

pytestmark = pytest.mark.long

STUDY = """
import sys, time
from pathlib import Path
from types import SimpleNamespace
from sacml.tracking import StudyTracker
uri, name, n, pause, spare = sys.argv[1:6]
with StudyTracker(uri, name=name, spare=spare, say=lambda t: print(t, flush=True)) as tracker:
    with tracker.target("binding_energy") as run:
        for i in range(int(n)):
            run.on_fold(SimpleNamespace(model="ridge", trained_on="all", split="random",
                                        mae=0.01 * i, fold=str(i)))
            run._flush()
            if i == 0:
                print("begun", flush=True)
            time.sleep(float(pause))
            while i == 5 and sys.argv[6:] and not Path(sys.argv[6]).exists():
                time.sleep(0.1)
        tracker.log_text("kept", "report.html")
"""


def study(uri, name, n, pause, spare, *waits_for):
    """Start a study; it goes on after its sixth fold only once the file `waits_for` is there."""
    # patience of seconds, as in a cluster's job
    env = os.environ | {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", STUDY, uri, name, str(n), str(pause), str(spare), *waits_for],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env,
    )  # fmt: skip


class Server:
    """A real `mlflow server`, with its own database and proxied artifacts."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"

    def start(self):
        command = [sys.executable, "-m", "mlflow", "server", "--port", str(self.port), "--workers",
                   "1", "--backend-store-uri", default_uri(self.folder),
                   "--artifacts-destination", str(self.folder / "artifacts")]  # fmt: skip
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        until = time.monotonic() + 120
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.uri}/health", timeout=2):
                    return
            except OSError:
                time.sleep(0.3)
        pytest.fail("the server did not start")

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def server(tmp_path):
    found = Server(tmp_path / "server")
    found.folder.mkdir()
    found.start()
    yield found
    if found.process.poll() is None:
        found.stop()


def history(uri, run_id, key="fold_mae"):
    return {m.step: m.value for m in connect(uri).get_metric_history(run_id, key)}


def test_trainings_at_once_on_one_new_database_lose_nothing(tmp_path):
    uri = default_uri(tmp_path / "runs")
    spares = [default_uri(tmp_path / f"spare{i}") for i in range(4)]
    running = [study(uri, f"s{i}", 150, 0, spare) for i, spare in enumerate(spares)]
    for process in running:
        out, _ = process.communicate(timeout=500)
        assert process.returncode == 0, out
        assert "no longer takes" not in out
    table = list_runs(uri)
    assert len(table) == 12
    assert set(table["status"]) == {"FINISHED"}
    assert set(table["experiment"]) == {"sacml-studies", "sacml-binding_energy"}
    for run_id in table[table["kind"] == "evaluation"]["run_id"]:
        assert history(uri, run_id) == pytest.approx({i: 0.01 * i for i in range(150)})
    assert not any(Path(s.removeprefix("sqlite:///")).exists() for s in spares)


def test_a_real_server_is_written_to_as_a_file_is(server, tmp_path):
    process = study(server.uri, "remote", 20, 0, default_uri(tmp_path / "spare"))
    out, _ = process.communicate(timeout=300)
    assert (process.returncode, out) == (0, "begun\n")
    table = list_runs(server.uri)
    assert sorted(table["kind"]) == ["evaluation", "study", "target"]
    assert set(table["status"]) == {"FINISHED"}
    client = connect(server.uri)
    (study_id,) = table[table["kind"] == "study"]["run_id"]
    assert {f.path for f in client.list_artifacts(study_id)} >= {"report.html", "config.toml"}


def test_a_server_that_stays_away_loses_nothing_and_the_study_comes_home_later(server, tmp_path):
    spare = default_uri(tmp_path / "spare")
    process = study(server.uri, "outage", 12, 0.5, spare)
    assert process.stdout.readline() == "begun\n"
    server.stop()
    out, _ = process.communicate(timeout=400)
    assert process.returncode == 0, out
    assert "no longer takes what is written" in out
    assert f"sacml runs merge {spare}" in out
    server.start()
    assert set(list_runs(server.uri)["status"]) == {"KILLED"}  # nobody has told it otherwise yet
    merged = merge_runs(spare, server.uri)
    assert (merged.new, merged.completed) == (0, 3)
    table = list_runs(server.uri)
    assert set(table["status"]) == {"FINISHED"}
    (run_id,) = table[table["kind"] == "evaluation"]["run_id"]
    assert history(server.uri, run_id) == pytest.approx({i: 0.01 * i for i in range(12)})
    client = connect(server.uri)
    (study_id,) = table[table["kind"] == "study"]["run_id"]
    assert "report.html" in {f.path for f in client.list_artifacts(study_id)}
    assert "sacml.error" not in client.get_run(study_id).data.tags
    again = merge_runs(spare, server.uri)
    assert (again.new, again.completed) == (0, 0)


def test_a_server_that_comes_back_in_time_is_whole_at_the_end(server, tmp_path):
    up = tmp_path / "up again"  # however long a busy machine takes to start a server
    process = study(server.uri, "blip", 60, 0.4, default_uri(tmp_path / "spare"), up)
    assert process.stdout.readline() == "begun\n"
    server.stop()
    line = process.stdout.readline()
    assert "no longer takes" in line
    server.start()
    up.touch()
    out, _ = process.communicate(timeout=400)
    assert "is back" in out
    table = list_runs(server.uri)
    assert set(table["status"]) == {"FINISHED"}
    (run_id,) = table[table["kind"] == "evaluation"]["run_id"]
    assert history(server.uri, run_id) == pytest.approx({i: 0.01 * i for i in range(60)})


def test_a_study_killed_while_its_server_was_away_is_killed_in_the_end(server, tmp_path):
    spare = default_uri(tmp_path / "spare")
    process = study(server.uri, "both", 200, 0.5, spare)
    assert process.stdout.readline() == "begun\n"
    server.stop()
    assert "no longer takes" in process.stdout.readline()
    time.sleep(20)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    server.start()
    merge_runs(spare, server.uri)
    table = list_runs(server.uri)
    assert set(table["status"]) == {"KILLED"}
    (run_id,) = table[table["kind"] == "evaluation"]["run_id"]
    steps = history(server.uri, run_id)
    assert sorted(steps) == list(range(len(steps)))
    assert len(steps) > 3
