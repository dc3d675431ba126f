"""A loop killed at random moments: no label is lost or made twice, no prediction made anew."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from workflows.loop.fakes import Physics, loop

from sacml.workflows.loop import run_loop

pytestmark = pytest.mark.long

KILLS = 12
CONFIG = {"budget": 6, "batch": 2, "alkali": ["Li", "Na"], "strategy": "random"}
RUN = """
import json, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from workflows.loop.fakes import Physics, loop
from sacml.workflows.loop import run_loop
root = Path(sys.argv[2])
run_loop(loop(**json.loads(sys.argv[3])), root / "loop", workers=2,
         engine=Physics(root / "journal", seconds=0.4))
"""


def contents(folder):
    """What must never change once it is there."""
    files = [*folder.glob("round-*/asked.json"), *folder.glob("round-*/done.json"),
             *folder.glob("round-*/model.json"), *folder.glob("labels/results/*.json")]  # fmt: skip
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def test_a_loop_that_is_killed_again_and_again_ends_as_one_that_is_not(tmp_path):
    straight = run_loop(loop(**CONFIG), tmp_path / "straight", track=False,
                        engine=Physics(tmp_path / "other"))  # fmt: skip
    rng, seen, kills = random.Random(0), {}, 0
    tests, engine = str(Path(__file__).parents[1]), Physics(tmp_path / "journal")
    while kills < KILLS:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, tests, str(tmp_path), json.dumps(CONFIG)],
            start_new_session=True,
        )
        begun = len(engine.keys)
        end = time.monotonic() + rng.uniform(1.0, 12.0)
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
            # at the latest in the midst of the second task it began
            if len(engine.keys) >= begun + 2 and rng.random() < 0.1:
                break
        if process.poll() is not None:
            assert process.returncode == 0
            break
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
        now = contents(tmp_path / "loop")
        assert {k: now[k] for k in seen} == seen
        seen = now
    assert kills >= 3
    found = run_loop(loop(**CONFIG), tmp_path / "loop", engine=engine)
    after = contents(tmp_path / "loop")
    assert {k: after[k] for k in seen} == seen
    keep = ("round", "site", "alkali", "predicted_eV", "lower_eV", "label_eV", "model_version")
    assert [[r[k] for k in keep] for r in found.labels] == [
        [r[k] for k in keep] for r in straight.labels
    ]
    # two tasks are in hand at most when a run is killed
    assert len(engine.keys) - len(set(engine.keys)) <= 2 * kills
