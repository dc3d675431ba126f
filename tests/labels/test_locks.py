import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace

import pytest

from sacml.labels import locks as module
from sacml.labels.lock_owner import process_start, this_host, this_process
from sacml.labels.locks import UNREADABLE_GRACE_S, LockFolder


@pytest.fixture
def folder(tmp_path):
    with LockFolder(tmp_path / "locks") as found:
        yield found


def plant(folder, name, owner, generation=0, age_s=0.0):
    path = folder.folder / f"{name}.{generation}.lock"
    path.write_text(json.dumps(asdict(owner)) if owner else "")
    then = time.time() - age_s
    os.utime(path, (then, then))
    return path


def names(folder):
    return sorted(p.name for p in folder.folder.iterdir())


def gone_owner():
    """An owner on this host whose process has ended."""
    done = subprocess.Popen([sys.executable, "-c", "pass"])
    owner = replace(this_process("gone"), pid=done.pid, started=process_start(done.pid))
    done.wait()
    return owner


def test_only_one_holds_a_lock_and_it_comes_free(folder):
    lock = folder.acquire("a")
    assert lock is not None
    assert folder.is_mine(lock)
    assert folder.acquire("a") is None
    assert LockFolder(folder.folder).acquire("a") is None
    assert folder.acquire("b") is not None
    assert set(folder.holders()) == {"a", "b"}
    folder.release(lock)
    assert not folder.is_mine(lock)
    assert folder.acquire("a") is not None


def test_close_gives_everything_back(tmp_path):
    with LockFolder(tmp_path) as folder:
        assert all(folder.acquire(name) for name in "abc")
        assert len(names(folder)) == 3
    assert names(folder) == []


def test_a_dead_process_of_this_host_is_taken_over_at_once(folder):
    plant(folder, "a", gone_owner())
    assert folder.holders() == {}
    lock = folder.acquire("a")
    assert lock is not None
    assert names(folder) == ["a.0.lock", "a.1.lock"]
    assert folder.acquire("a") is None
    folder.release(lock)
    assert names(folder) == []


def test_a_recycled_process_id_is_no_living_holder(folder):
    owner = this_process("old")
    plant(folder, "a", replace(owner, started=str(int(owner.started) - 1)))
    assert folder.acquire("a") is not None


def test_a_living_process_keeps_its_lock_however_old_the_heartbeat(folder):
    plant(folder, "a", this_process("x"), age_s=1e6)
    assert folder.acquire("a") is None


def test_a_stopped_process_keeps_its_lock_a_zombie_does_not(folder):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        owner = replace(this_process("x"), pid=child.pid, started=process_start(child.pid))
        plant(folder, "a", owner)
        os.kill(child.pid, signal.SIGSTOP)
        assert folder.acquire("a") is None
        os.kill(child.pid, signal.SIGKILL)
        for _ in range(100):
            if process_start(child.pid) == "":
                break
            time.sleep(0.02)
        assert folder.acquire("a") is not None  # not waited for yet: a zombie
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize(("age_s", "free"), [(10.0, False), (400.0, True)])
def test_another_hosts_lock_goes_by_its_heartbeat(folder, age_s, free):
    owner = replace(this_process("x"), host="elsewhere/boot/pid", pid=1)
    plant(folder, "a", owner, age_s=age_s)
    assert (folder.acquire("a") is not None) == free


def test_the_age_is_taken_by_the_clock_of_the_file_system(folder, monkeypatch):
    """A host whose clock is an hour ahead must not take every lock for stale."""
    plant(folder, "a", replace(this_process("x"), host="elsewhere"))
    now = time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + 3600)
    assert folder.acquire("a") is None


def test_a_lock_cut_short_at_its_creation_is_free_after_a_while(folder):
    plant(folder, "a", None)
    assert folder.acquire("a") is None
    plant(folder, "a", None, age_s=UNREADABLE_GRACE_S + 1)
    assert folder.acquire("a") is not None


def test_two_takers_of_one_stale_lock_do_not_both_get_it(folder, monkeypatch):
    """The second taker has looked before the first finished, and creates its file after."""
    plant(folder, "a", gone_owner())
    first, second = LockFolder(folder.folder), LockFolder(folder.folder)
    create = LockFolder._create
    outcome = []

    def interleaved(self, path, token):
        if self is second and not outcome:
            taken = first.acquire("a")
            outcome.append(taken)
            first.release(taken)
            third = folder.acquire("a")  # generation 0 again, in the hands of a new owner
            outcome.append(third)
        return create(self, path, token)

    monkeypatch.setattr(LockFolder, "_create", interleaved)
    assert second.acquire("a") is None
    assert all(outcome)
    assert folder.is_mine(outcome[1])
    assert names(folder) == ["a.0.lock"]


def test_many_processes_never_hold_one_lock_at_once(tmp_path):
    script = """
import sys, os, time, random
from pathlib import Path
from sacml.labels.locks import LockFolder
folder, mark, log = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
got = 0
with LockFolder(folder) as locks:
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        lock = locks.acquire("a")
        if lock is None:
            continue
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))   # fails where two are inside
        got += 1
        mark.unlink()
        if random.random() < 0.1:
            os.kill(os.getpid(), 9) if got > 3 and sys.argv[3] == "die" else None
        locks.release(lock)
print(got)
"""
    (tmp_path / "locks").mkdir()
    calls = [
        [sys.executable, "-c", script, str(tmp_path / "locks"), str(tmp_path / "mark"), mode]
        for mode in ("live", "live", "die", "die")
    ]
    runs = [subprocess.Popen(c, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for c in calls]
    answers = [run.communicate(timeout=60) for run in runs]
    assert all(error == b"" for _, error in answers), answers
    assert sum(int(said or 0) for said, _ in answers) > 20


def test_the_heartbeat_keeps_a_lock_young(tmp_path):
    with LockFolder(tmp_path, beat_s=0.05, stale_after_s=1) as folder:
        lock = folder.acquire("a")
        os.utime(lock.path, (0, 0))
        for _ in range(100):
            if lock.path.stat().st_mtime > 1e6:
                break
            time.sleep(0.02)
        assert time.time() - lock.path.stat().st_mtime < 60


def test_sweeping_removes_only_what_nobody_holds(folder):
    plant(folder, "dead", gone_owner())
    mine = folder.acquire("mine")
    plant(folder, "far", replace(this_process("x"), host="elsewhere"))
    folder.sweep()
    assert names(folder) == ["far.0.lock", mine.path.name]


def test_names_with_dots_and_percents_are_kept_apart(folder):
    locks = [folder.acquire(n) for n in ("a", "a.0", "ads%2FCo-N4@graphene", "a.0.lock")]
    assert all(locks)
    assert set(folder.holders()) == {"a", "a.0", "ads%2FCo-N4@graphene", "a.0.lock"}


def test_this_process_is_told_apart():
    owner = this_process("t")
    assert owner.host == this_host()
    assert owner.pid == os.getpid()
    assert owner.started.isdecimal()
    assert "/" not in owner.machine


def test_a_heartbeat_slower_than_staleness_is_refused(tmp_path):
    with pytest.raises(ValueError, match="beat_s"):
        LockFolder(tmp_path, beat_s=10, stale_after_s=5)
