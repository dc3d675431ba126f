"""Fifty kills at random moments: no result is lost, doubled or half-written."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from labels.queue_fakes import SETTINGS, energy, point

from sacml.labels.queue import Queue
from sacml.labels.queue_files import file_name, read_record

KILLS, TASKS, WORKERS = 50, 400, 2
WORKER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from labels.queue_fakes import SETTINGS, Fake, note
from sacml.labels.campaign import Campaign

folder, journal = Path(sys.argv[2]), Path(sys.argv[3])
# every fifth task fails once, so that kills also meet the writing of failures
failing = {f"t{i}": ["scf"] for i in range(0, 400, 5)}

class Engine(Fake):
    def run(self, task, settings, folder, attempt=0):
        if attempt:
            self.failures.pop(task.key, None)
        return super().run(task, settings, folder, attempt)

with Campaign(folder, SETTINGS, engine=Engine(failing, seconds=0.02, journal=journal)) as campaign:
    note(journal, at="start")
    campaign.run(workers=2)
"""


def start(folder, journal):
    tests = str(Path(__file__).parents[1])
    with journal.with_name("errors").open("ab") as errors:
        return subprocess.Popen(
            [sys.executable, "-c", WORKER, tests, str(folder), str(journal)],
            stderr=errors, start_new_session=True,
        )  # fmt: skip


def stored(folder):
    return {
        p.name: p.read_bytes()
        for group in ("results", "failed")
        for p in (folder / group).glob("*.json")
    }


def lines(journal):
    text = journal.read_text() if journal.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.long
def test_fifty_kills_lose_double_and_halve_nothing(tmp_path):
    folder, journal = tmp_path / "q", tmp_path / "journal"
    rng = random.Random(4)
    tasks = [point("base"), *(point(f"t{i}", "base" if i < 200 else f"t{i - 200}")
                              for i in range(TASKS))]  # fmt: skip
    with Queue(folder, SETTINGS) as queue:
        queue.add(tasks)
    seen, begun_before = {}, {}
    workers, kills, in_hand = [], 0, 0
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        workers = [w for w in workers if w.poll() is None]
        while len(workers) < WORKERS:
            workers.append(start(folder, journal))
        if kills >= KILLS:
            break
        # counted from the first task of the newest worker, so that kills meet work and not imports
        mark = len(lines(journal))
        while len(lines(journal)) == mark and all(w.poll() is None for w in workers):
            time.sleep(0.005)
        time.sleep(rng.uniform(0.0, 0.15))
        victim = rng.choice(workers)
        before = stored(folder)
        os.killpg(victim.pid, signal.SIGKILL)
        if victim.wait() == -signal.SIGKILL:
            kills += 1
        now = stored(folder)
        # nothing that was there has changed or gone; nothing is half-written
        for name, content in {**seen, **before}.items():
            assert now[name] == content, name
        for group in ("results", "failed"):
            for path in (folder / group).iterdir():
                assert path.suffix == ".json", f"{path} was damaged"
                read_record(path)
        in_hand += any((folder / "locks").iterdir())
        # a task whose result was there has not been begun since
        begun = [line["key"] for line in lines(journal) if line["at"] == "begin"]
        for name, count in begun_before.items():
            assert begun.count(name) == count, f"{name} was computed again after it was stored"
        done = {json.loads(c)["header"]["key"] for n, c in now.items()
                if (folder / "results" / n).exists()}  # fmt: skip
        begun_before |= {k: begun.count(k) for k in done if k not in begun_before}
        seen = now
        if len(done) == len(tasks):
            # all done before the last kill: open some again, as fresh tasks
            with Queue(folder, SETTINGS) as queue:
                fresh = [point(f"more{kills}/{i}") for i in range(100)]
                queue.add(fresh)
            tasks += fresh
    assert kills == KILLS
    assert in_hand > KILLS / 4
    for worker in workers:
        assert worker.wait(timeout=300) == 0
    # a killed process says nothing; an error of a living one would stand here
    assert (tmp_path / "errors").read_text() == ""
    begun = [line["key"] for line in lines(journal) if line["at"] == "begin"]
    # what was in hand at a kill is begun again: at most two tasks a kill, and one failed try
    assert len(begun) <= len(tasks) + TASKS // 5 + 2 * KILLS
    with Queue(folder) as queue:
        assert queue.counts() == {"done": len(tasks)}
        assert queue.notes == []
        assert {r.key: r.energy_eV for r in queue.results()} == {
            t.key: energy(t.key) for t in tasks
        }
        failing = [f"t{i}" for i in range(0, TASKS, 5)]
        assert all(len(queue.failures(key)) == 1 for key in failing)
        queue.tidy()
    names = sorted(p.name for p in (folder / "results").iterdir())
    assert names == sorted(f"{file_name(t.key)}.json" for t in tasks)
    assert list((folder / "locks").iterdir()) == []
