"""Rates of a served surrogate over HTTP: the real scoring server in a process of its own."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import numpy as np

from sacml._resources import model_path
from sacml.tracking import default_uri
from sacml.tracking.transfer import import_folder

TARGET = "binding_energy"
METALS = ("Co", "Fe", "Ni", "Cu", "Zn", "Mn", "Pt", "Ru")
CLIENTS = 4


def rows(n: int) -> list[dict[str, str]]:
    return [
        {
            "site": f"{METALS[i % 8]}-N{3 + i // 8 % 2}@graphene",
            "alkali": ("Li", "Na", "K")[i // 16 % 3],
        }
        for i in range(n)
    ]


def ask(url: str, body: bytes) -> float:
    """Seconds of one request."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=120) as answer:
        answer.read()
    return time.perf_counter() - began


def rate(url: str, n_rows: int, n_requests: int, clients: int) -> tuple[float, np.ndarray]:
    """Requests per second of several clients at once, and the seconds of each request."""
    body = json.dumps({"dataframe_records": rows(n_rows)}).encode()
    took: list[float] = []

    def work() -> None:
        for _ in range(n_requests // clients):
            took.append(ask(url, body))

    threads = [threading.Thread(target=work) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(took) / (time.perf_counter() - began), np.array(took)


def peak_mb(pid: int) -> float | None:
    """Largest resident memory of a process so far; None where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    if not status.is_file():
        return None
    line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def run() -> dict[str, float | None]:
    folder = Path(tempfile.mkdtemp())
    uri = default_uri(folder)
    version = import_folder(uri, model_path(TARGET))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "sacml.cli", "models", "serve", f"{TARGET}@{version.number}",
               "--port", str(port), "--tracking-uri", uri]  # fmt: skip
    server = subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"})
    try:
        base = f"http://127.0.0.1:{port}"
        began = time.perf_counter()
        while time.perf_counter() - began < 120:
            try:
                urllib.request.urlopen(f"{base}/ping", timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        found: dict[str, float | None] = {"serving_start_s": time.perf_counter() - began}
        url = f"{base}/invocations"
        rate(url, 1, 20, 1)  # warm
        for name, n_rows, n_requests, clients in (
            ("one_row", 1, 200, 1),
            (f"one_row_{CLIENTS}_clients", 1, 200, CLIENTS),
            ("hundred_rows", 100, 50, 1),
            ("ten_thousand_rows", 10_000, 5, 1),
        ):
            per_second, took = rate(url, n_rows, n_requests, clients)
            found[f"serving_{name}_requests_per_s"] = per_second
            found[f"serving_{name}_predictions_per_s"] = per_second * n_rows
            found[f"serving_{name}_p50_ms"] = float(np.percentile(took, 50)) * 1000
            found[f"serving_{name}_p99_ms"] = float(np.percentile(took, 99)) * 1000
        found["serving_peak_memory_mb"] = peak_mb(server.pid)
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)
    return found


if __name__ == "__main__":
    for key, value in run().items():
        print(f"{key:<48} {value:.4g}" if value is not None else f"{key:<48} not known")
