"""Opening stores: URIs, silence, no telemetry."""

import os
import subprocess
import sys
import warnings

import pytest

from sacml.tracking import TrackingError, check_uri, default_uri
from sacml.tracking.backend import as_default, connect, experiment_id, quiet


def test_default_uri_is_absolute_and_makes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert default_uri("runs") == f"sqlite:///{tmp_path.resolve()}/runs/mlflow.db"
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("uri", ["", "mlruns", "/tmp/mlruns", "file:///tmp/mlruns", "ftp://x/y"])
def test_file_stores_and_unknown_kinds_are_refused(uri):
    with pytest.raises(TrackingError, match="sqlite:///"):
        connect(uri)
    with pytest.raises(TrackingError, match="sqlite:///"):
        check_uri(uri)


def test_a_store_that_cannot_be_opened_is_a_clear_error(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(TrackingError, match="cannot open the tracking store"):
        connect(default_uri(tmp_path))


def test_a_deleted_experiment_is_refused_with_the_remedy(tmp_path):
    uri = default_uri(tmp_path / "made" / "on" / "use")
    client = connect(uri)
    number = experiment_id(client, uri, "gone")
    assert experiment_id(client, uri, "gone") == number
    with quiet():
        client.delete_experiment(number)
    with pytest.raises(TrackingError, match="restore"):
        experiment_id(client, uri, "gone")


def test_artifacts_lie_beside_the_database_not_in_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    uri = default_uri(tmp_path / "runs")
    client = connect(uri)
    number = experiment_id(client, uri, "x")
    with quiet():
        run = client.create_run(number)
        client.log_text(run.info.run_id, "text", "a.txt")
    assert list((tmp_path / "runs").rglob("a.txt"))
    assert not list((tmp_path / "elsewhere").iterdir())


def test_quiet_hides_deprecations_inside_and_nothing_outside():
    with quiet():
        warnings.warn("theirs", DeprecationWarning, stacklevel=1)
    with pytest.warns(DeprecationWarning, match="ours"):
        warnings.warn("ours", DeprecationWarning, stacklevel=1)
    with quiet(), pytest.raises(RuntimeWarning, match="real"):
        warnings.warn("real", RuntimeWarning, stacklevel=1)


def test_the_process_default_is_put_back(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    import mlflow

    before = mlflow.get_tracking_uri()
    with pytest.raises(ValueError), as_default(default_uri(tmp_path)):  # noqa: PT012
        assert mlflow.get_tracking_uri() == default_uri(tmp_path)
        raise ValueError
    assert mlflow.get_tracking_uri() == before
    assert "MLFLOW_TRACKING_URI" not in os.environ


CHILD = """
import sys
import sacml.tracking, sacml.tracking.study, sacml.tracking.serving, sacml.tracking.query
assert "mlflow" not in sys.modules
from sacml.tracking import StudyTracker, list_runs
with StudyTracker(sys.argv[1], config={"seed": 1}) as tracker:
    tracker.log_text("x", "x.txt")
from mlflow.telemetry import get_telemetry_client
assert get_telemetry_client() is None, "telemetry is on"
assert len(list_runs(sys.argv[1])) == 1
"""


def test_a_study_prints_nothing_and_telemetry_is_off(tmp_path):
    # a bare environment: on CI MLflow switches its telemetry off by itself
    bare = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, default_uri(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env=bare,
        cwd=os.getcwd(),
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
