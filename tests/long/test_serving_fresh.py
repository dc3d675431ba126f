"""A released model served by MLflow itself, and loaded where sacml was never installed."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path

import pytest

from sacml._resources import model_path
from sacml.tracking import default_uri
from sacml.tracking.backend import connect
from sacml.tracking.locate import model_folder
from sacml.tracking.transfer import import_folder

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
ROW = {"site": "Co-N4@graphene", "alkali": "Li"}


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    uri = default_uri(tmp_path_factory.mktemp("registry"))
    version = import_folder(uri, model_path("binding_energy"))
    client = connect(uri)
    client.set_registered_model_alias(version.name, "champion", str(version.number))
    return uri, version


def ask(url, body, kind):
    request = urllib.request.Request(url, body, {"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.loads(answer.read())["predictions"]


def test_mlflow_serves_it_as_json_and_csv(registered):
    uri, _ = registered
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m",
               "models:/sacml-binding_energy@champion", "--env-manager", "local", "--port",
               str(port)]  # fmt: skip
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"MLFLOW_TRACKING_URI": uri, "PATH": path}
    server = subprocess.Popen(command, env=env, start_new_session=True)
    try:
        base = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 180
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"{base}/ping", timeout=2).close()
                break
            except OSError:
                time.sleep(0.5)
        url = f"{base}/invocations"
        records = json.dumps({"dataframe_records": [ROW] * 10_000}).encode()
        by_json = ask(url, records, "application/json")
        by_csv = ask(url, b"site,alkali\nCo-N4@graphene,Li\n", "text/csv")
        assert len(by_json) == 10_000
        assert by_json[0] == by_csv[0]
        assert set(by_csv[0]) == {"value", "lower", "upper", "unit", "in_domain", "reasons"}
        assert by_csv[0]["unit"] == "eV"
        bad = json.dumps({"dataframe_records": [ROW | {"alkali": "Rb"}]}).encode()
        with pytest.raises(urllib.error.HTTPError) as caught:
            ask(url, bad, "application/json")
        with caught.value as error:
            text = error.read().decode()
        assert caught.value.code == 400
        assert "Rb" in text
        assert "Traceback" not in text
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


FRESH = """
import importlib.util, json, sys
assert importlib.util.find_spec("sacml") is None
import pandas as pd, mlflow
model = mlflow.pyfunc.load_model(sys.argv[1])
found = model.predict(pd.DataFrame([json.loads(sys.argv[2])]))
import sacml
assert sacml.__file__.startswith(sys.argv[1]), sacml.__file__
print(found.to_json(orient="records"))
"""


def test_it_loads_in_a_fresh_environment_made_from_its_requirements(registered, tmp_path):
    uri, version = registered
    with model_folder(connect(uri), version.model_uri) as folder:
        shutil.copytree(folder, tmp_path / "model")
    venv.create(tmp_path / "fresh", with_pip=True)
    python = tmp_path / "fresh" / "bin" / "python"
    wanted = tmp_path / "model" / "requirements.txt"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", wanted,
         "-c", ROOT / "constraints.txt"], check=True, cwd=tmp_path,
    )  # fmt: skip
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(
        [python, "-c", FRESH, str(tmp_path / "model"), json.dumps(ROW)],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=env,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout.splitlines()[-1])
    from sacml.workflows import predict

    (here,) = predict(ROW["site"], ROW["alkali"], targets=("binding_energy",))
    assert row["value"] == pytest.approx(here.value, rel=1e-4)
    assert row["lower"] == pytest.approx(here.lower, rel=1e-4)
