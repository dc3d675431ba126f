"""One answer, however the space is cut, wherever it is scored, whatever interrupts it."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from sacml.design import Space, default_objectives, rank
from sacml.design.search.job import packed, work
from sacml.errors import DesignError
from sacml.models.store import load_released

TARGETS = ("binding_energy", "cycle_life")


@pytest.fixture(scope="module")
def real():
    return {name: load_released(name) for name in TARGETS}


@pytest.fixture(scope="module")
def space():
    return Space.default(
        "Na", metals=["Fe", "Zn", "Mg", "Ti", "Co"], hosts=["c2n", "g_c3n4", "graphene"],
        constraints={"reach": "any"},
    )  # fmt: skip


def answer(space, surrogates, **options):
    options = {"keep": 12, "chunk": 300, "chances": ["P(binding_energy < -1 eV) > 0.3"], **options}
    return json.dumps(rank(space, surrogates, **options).to_dict(), sort_keys=True)


@pytest.fixture(scope="module")
def alone(space, real):
    return answer(space, real)


def test_processes_and_threads_give_the_same_answer(space, real, alone):
    assert space.size() > 3 * 300
    with ProcessPoolExecutor(2) as pool:
        assert answer(space, real, executor=pool) == alone
    with ThreadPoolExecutor(2) as pool:
        assert answer(space, real, executor=pool) == alone


def test_the_answer_does_not_depend_on_the_chunk(space, real):
    whole = rank(space, real, keep=12, chunk=10**6)
    parts = rank(space, real, keep=12, chunk=99)
    for name in ("n_front", "refused", "best_by_metal", "shifts", "known_ranks", "out_of_domain"):
        assert getattr(whole, name) == getattr(parts, name)
    assert [p.candidate for p in whole] == [p.candidate for p in parts]
    assert json.dumps([p.to_dict() for p in whole.front]) == json.dumps(
        [p.to_dict() for p in parts.front]
    )
    assert whole.hypervolume == pytest.approx(parts.hypervolume)


class Dying(Executor):
    """An executor that breaks after some tasks, with others on their way."""

    def __init__(self, after):
        self.after, self.done = after, 0

    def submit(self, fn, *args):
        self.done += 1
        if self.done > self.after + 3:
            raise BrokenProcessPool("gone")
        future = Future()
        if self.done > self.after:
            future.set_exception(BrokenProcessPool("gone"))
        else:
            future.set_result(fn(*args))
        return future


@pytest.mark.parametrize("after", [0, 2])
def test_a_broken_executor_loses_nothing(space, real, alone, after):
    assert answer(space, real, executor=Dying(after)) == alone


class Stop:
    """Interrupts after some chunks, as Ctrl-C does."""

    def __init__(self, after):
        self.after, self.seen = after, []

    def __call__(self, done, total):
        self.seen.append(done)
        if len(self.seen) == self.after:
            raise KeyboardInterrupt


@pytest.mark.parametrize("workers", [0, 2])
def test_an_interrupted_search_goes_on_where_it_stopped(space, real, alone, tmp_path, workers):
    path, stop = tmp_path / "a" / "search.npz", Stop(2)
    pool = ThreadPoolExecutor(workers) if workers else None
    first = rank(space, real, keep=12, chunk=300, chances=["P(binding_energy < -1 eV) > 0.3"],
                 checkpoint=path, on_chunk=stop, executor=pool)  # fmt: skip
    assert first.partial
    assert stop.seen == [300, 600]
    rest = Stop(99)
    assert answer(space, real, checkpoint=path, on_chunk=rest, executor=pool) == alone
    assert rest.seen[0] == 900
    # a finished search is read back without scoring a chunk
    again = Stop(99)
    assert answer(space, real, checkpoint=path, on_chunk=again) == alone
    assert again.seen == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"space": {"alkali": "K"}}, "space, objectives"),
        ({"space": {"metals": ["Fe", "Zn"]}}, "space, candidates"),
        ({"keep": 13}, "options"),
        ({"chunk": 400}, "options"),
        ({"chances": []}, "chance constraints"),
        ({"objectives": "some"}, "objectives"),
        ({"version": "9.9+other"}, "model of binding_energy"),
    ],
)
def test_a_checkpoint_of_another_search_is_refused(space, real, tmp_path, change, words):
    path = tmp_path / "search.npz"
    answer(space, real, checkpoint=path)
    change, given = dict(change), dict(real)
    other = space.replace(**change.pop("space", {}))
    if change.pop("objectives", None):
        change["objectives"] = default_objectives("Na", real)[:3]
    if version := change.pop("version", None):
        from dataclasses import replace

        given["binding_energy"] = replace(real["binding_energy"], version=version)
    with pytest.raises(DesignError, match="belongs to another search") as error:
        answer(other, given, checkpoint=path, **change)
    assert f"differs in {words}" in str(error.value)


def test_a_damaged_checkpoint_is_refused(space, real, tmp_path):
    path = tmp_path / "search.npz"
    for content in (b"", b"no archive", b"PK\x03\x04 cut off"):
        path.write_bytes(content)
        with pytest.raises(DesignError, match="cannot be read"):
            answer(space, real, checkpoint=path)
    np.savez(path, header=np.array("{}"))
    with pytest.raises(DesignError, match="cannot be read"):
        answer(space, real, checkpoint=path)


def test_a_packed_job_does_the_same_work(space, real):
    from sacml.design.known import KnownSystems
    from sacml.design.search.job import Job
    from sacml.design.search.scoring import Scorer
    from sacml.design.search.shortlist import Ties

    scorer = Scorer(default_objectives("Na", real), real, 0.9, 0.5)
    none = np.empty(0, dtype=np.int64)
    job = Job(space, scorer, Ties(space.parts, KnownSystems(())), 5, False, none, np.empty(0), (),
              ())  # fmt: skip
    here, there = job(100, 900), work(packed(job), 100, 900)
    assert here.counts() == there.counts()
    there_arrays = there.to_arrays()
    assert all(np.array_equal(a, there_arrays[n]) for n, a in here.to_arrays().items())


def test_a_checkpoint_that_cannot_be_written_is_said(space, real, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DesignError, match="cannot be written"):
        answer(space, real, checkpoint=tmp_path / "file" / "search.npz")


KILLED = """
import sys
from pathlib import Path
from sacml.design import Space, rank
from sacml.design.search import checkpoint
from sacml.models.store import load_released
checkpoint.EVERY_S = 0.0
space = Space.from_toml(Path(sys.argv[1]))
real = {{n: load_released(n) for n in {targets!r}}}
found = rank(space, real, keep=12, chunk=500, checkpoint=sys.argv[2],
             on_chunk=lambda done, total: print(done, flush=True))
import json
Path(sys.argv[3]).write_text(json.dumps(found.to_dict()))
"""


@pytest.mark.long
def test_a_killed_search_goes_on(tmp_path):
    space = Space.default("Li", centres=["single"], constraints={"reach": "any"})
    (tmp_path / "space.toml").write_text(space.to_toml())
    (tmp_path / "run.py").write_text(KILLED.format(targets=TARGETS))

    def start(name, checkpoint):
        arguments = [tmp_path / "space.toml", tmp_path / checkpoint, tmp_path / name]
        return subprocess.Popen(
            [sys.executable, tmp_path / "run.py", *arguments], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    first = start("never.json", "search.npz")
    for _ in range(9):
        done = int(first.stdout.readline())
    first.send_signal(signal.SIGKILL)
    assert first.wait() != 0
    first.stdout.close()
    time.sleep(0.1)
    second = start("resumed.json", "search.npz")
    began, _ = second.communicate()
    assert int(began.split()[0]) >= done
    whole = start("whole.json", "other.npz")
    whole.communicate()
    assert (tmp_path / "resumed.json").read_bytes() == (tmp_path / "whole.json").read_bytes()
    assert not (tmp_path / "never.json").exists()
