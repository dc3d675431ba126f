import errno
import json
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labels.queue_fakes import SETTINGS, energy, failed, ok, point

from sacml.errors import SacmlError
from sacml.labels import queue_files
from sacml.labels.locks import LockFolder
from sacml.labels.queue import Queue
from sacml.labels.queue_files import (
    DamagedFileError,
    DiskFullError,
    file_name,
    pack,
    read_header,
    read_record,
    write_atomic,
)
from sacml.labels.queue_index import QueueError
from sacml.labels.queue_settings import SettingsDifferError
from sacml.labels.retry import RULES, STOPPING, next_attempt
from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import FAILURES, RETRIED, Inputs


@pytest.fixture
def queue(tmp_path):
    with Queue(tmp_path / "q", SETTINGS) as found:
        yield found


def again(queue):
    return Queue(queue.folder, SETTINGS)


def finish(queue, *keys):
    """Compute tasks in the queue's own order; returns that order."""
    order = []
    while (claim := queue.claim()) is not None:
        order.append(claim.task.key)
        queue.store(claim, ok(claim.task))
        if len(order) == len(keys):
            break
    return order


def path_of(queue, key):
    return queue.folder / "results" / f"{file_name(key)}.json"


# -- order ----------------------------------------------------------------------------------------


def test_needs_come_first_and_urgent_tasks_pull_their_needs_forward(queue):
    queue.add([
        point("late", priority=5), point("far", "base", priority=1), point("base", priority=9),
        point("first", priority=0),
    ])  # fmt: skip
    assert finish(queue) == ["first", "base", "far", "late"]
    assert queue.counts() == {"done": 4}


def test_equal_priorities_keep_the_order_of_the_list(queue):
    keys = [f"t{i}" for i in range(20)]
    queue.add(point(k) for k in keys)
    assert finish(queue) == keys


def test_a_claim_carries_the_results_it_needs(queue):
    queue.add([point("b", "a"), point("a")])
    finish(queue, "a")
    claim = queue.claim()
    assert claim.task.key == "b"
    assert claim.needs["a"].energy_eV == energy("a")


def test_what_needs_a_failed_task_is_blocked_not_lost(queue):
    queue.add([point("a"), point("b", "a"), point("c", "b"), point("d")])
    claim = queue.claim()
    assert queue.store(claim, failed(claim.task, "missing_setups")) == "failed"
    assert queue.states() == {"a": "failed", "b": "blocked", "c": "blocked", "d": "ready"}
    assert finish(queue) == ["d"]


# -- several workers ------------------------------------------------------------------------------


def test_two_workers_share_the_tasks(queue):
    queue.add([point("a"), point("b"), point("c")])
    with again(queue) as other:
        first, second = queue.claim(), other.claim()
        assert (first.task.key, second.task.key) == ("a", "b")
        assert other.states() == {"a": "running", "b": "running", "c": "ready"}
        queue.store(first, ok(first.task))
        other.store(second, ok(second.task))
        assert other.claim().task.key == "c"
        assert queue.claim() is None


def test_a_task_finished_elsewhere_is_not_computed_again(queue):
    queue.add([point("a"), point("b", "a")])
    with again(queue) as other:
        finish(other, "a")
        assert queue.claim().task.key == "b"


def test_a_task_finished_between_the_look_and_the_lock_is_not_computed_again(queue, monkeypatch):
    queue.add([point("a")])
    acquire = LockFolder.acquire
    with again(queue) as other:

        def late(self, name):
            if self is queue._locks:
                monkeypatch.setattr(LockFolder, "acquire", acquire)
                assert finish(other) == ["a"]
            return acquire(self, name)

        monkeypatch.setattr(LockFolder, "acquire", late)
        assert queue.claim() is None
    assert queue.counts() == {"done": 1}


def test_the_first_of_two_results_stays(queue):
    queue.add([point("a")])
    claim = queue.claim()
    claim.lock.path.unlink()  # as if another host had taken a sleeping worker's task
    with again(queue) as other:
        finish(other)
    before = path_of(queue, "a").read_bytes()
    assert queue.store(claim, ok(claim.task).model_copy(update={"energy_eV": 1.0})) == "done"
    assert path_of(queue, "a").read_bytes() == before
    assert any("first result stays" in note for note in queue.notes)


def test_tasks_added_by_another_worker_are_seen(queue):
    with again(queue) as other:
        other.add([point("a")])
        queue.add([point("a"), point("b")])
        other.refresh()
        assert [e.key for e in other] == ["a", "b"]
        assert len(queue) == 2


# -- settings -------------------------------------------------------------------------------------


def test_other_settings_are_refused_by_name_of_the_field(queue):
    other = SETTINGS.model_copy(update={"ecut_eV": 500.0, "kpts": (4, 4, 1)})
    with pytest.raises(SettingsDifferError) as error:
        Queue(queue.folder, other)
    assert "ecut_eV: the campaign has 340.0, given was 500.0" in str(error.value)
    assert "kpts: the campaign has [2, 2, 1], given was [4, 4, 1]" in str(error.value)
    assert str(error.value).count("the campaign has") == 2


def test_another_name_for_equal_settings_is_the_same(queue):
    with Queue(queue.folder, SETTINGS.model_copy(update={"name": "other"})) as found:
        assert found.settings.digest == SETTINGS.digest


def test_a_result_of_other_settings_in_the_folder_is_refused(queue):
    queue.add([point("a")])
    finish(queue)
    header, record = read_record(path_of(queue, "a"))
    path_of(queue, "a").write_bytes(pack(header | {"settings": "f" * 16}, record))
    with pytest.raises(SettingsDifferError, match="move this file"):
        again(queue)


def test_no_campaign_in_the_folder(tmp_path):
    with pytest.raises(QueueError, match="no campaign"):
        Queue(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_damaged_settings_are_named(queue):
    (queue.folder / "settings.json").write_text('{"schema": "sacml.que')
    with pytest.raises(DamagedFileError, match=r"settings\.json"):
        Queue(queue.folder)


# -- what may not be queued -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ([point("a", "b")], "needs 'b', which is not in the queue"),
        ([point("a", "b"), point("b", "a")], "in a circle: a, b"),
        ([point("a", settings=ProtocolSettings())], "made for the settings"),
        (
            [point("a"), point("a").model_copy(update={"inputs": Inputs(structure="2")})],
            "other inputs",
        ),
    ],
)
def test_tasks_that_cannot_be_queued_are_refused_and_none_is_taken(queue, tasks, said):
    with pytest.raises(QueueError, match=said):
        queue.add([point("good"), *tasks])
    assert len(queue) == 0
    assert len(again(queue)) == 0


def test_the_same_task_again_is_passed_over(queue):
    assert queue.add([point("a"), point("b", "a")]) == 2
    assert queue.add([point("b", "a"), point("c", "a")]) == 1


# -- damage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [0, 1, 50, 200, -2, -1])
def test_a_result_cut_short_is_set_aside_and_computed_again(queue, keep):
    queue.add([point("a"), point("b", "a")])
    finish(queue)
    path = path_of(queue, "a")
    whole = path.read_bytes()
    path.write_bytes(whole[:keep])
    with again(queue) as found:
        assert path.with_name(f"{path.name}.damaged").read_bytes() == whole[:keep]
        assert any("computed again" in note and path.name in note for note in found.notes)
        assert found.states() == {"a": "ready", "b": "done"}
        assert finish(found) == ["a"]
        assert found.result("a").energy_eV == energy("a")
    path.write_bytes(b"")
    with again(queue):
        assert path.with_name(f"{path.name}.2.damaged").exists()


@given(st.data())
def test_no_altered_byte_passes(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("d") / "x.json"
    whole = pack({"key": "a", "settings": "s"}, {"energy_eV": -1.25, "note": "é"})
    at = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != whole[at]))
    path.write_bytes(whole[:at] + bytes([byte]) + whole[at + 1 :])
    with pytest.raises(SacmlError) as error:
        read_header(path)
    assert "x.json" in str(error.value)


def test_a_stored_result_is_plain_json(queue):
    queue.add([point("a")])
    finish(queue)
    whole = json.loads(path_of(queue, "a").read_text())
    assert set(whole) == {"schema", "sha256", "header", "record"}
    assert whole["record"]["energy_eV"] == energy("a")


def test_a_need_cut_short_while_the_queue_is_open_is_computed_again(queue):
    queue.add([point("a"), point("b", "a")])
    finish(queue, "a")
    path = path_of(queue, "a")
    path.write_bytes(path.read_bytes()[:100])
    assert finish(queue) == ["a", "b"]


def test_a_list_cut_short_in_its_last_line_is_mended_by_the_next_append(queue):
    queue.add([point("a"), point("b")])
    path = queue.folder / "tasks.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    with again(queue) as found:
        assert [e.key for e in found] == ["a"]
        assert any("cut short" in note for note in found.notes)
        found.add([point("b"), point("c")])
        assert [e.key for e in again(queue)] == ["a", "b", "c"]


def test_a_bad_line_within_the_list_names_the_line(queue):
    queue.add([point("a"), point("b")])
    path = queue.folder / "tasks.jsonl"
    path.write_text(path.read_text().replace('"key":"a"', '"kex":"a"'))
    with pytest.raises(DamagedFileError, match="line 1 is no task"):
        again(queue)


# -- failures and another try ---------------------------------------------------------------------


def test_each_try_is_kept_and_the_next_is_gentler(queue):
    queue.add([point("a")])
    attempts = []
    for _ in range(3):
        claim = queue.claim()
        attempts.append(claim.attempt)
        state = queue.store(claim, failed(claim.task, "exploded"))
    assert state == "failed"
    assert queue.claim() is None
    assert [a.number for a in attempts] == [0, 1, 2]
    steps = [a.settings.max_step_A for a in attempts]
    assert steps[0] > steps[1] > steps[2]
    assert [a.gentler for a in attempts] == [False, False, True]
    kept = queue.failures("a")
    assert [h["attempt"] for h in kept] == [0, 1, 2]
    assert kept[0]["changed"] == {}
    assert kept[1]["changed"]["max_step_A"] == steps[1]
    assert all(h["reason"] == "made to fail by exploded" for h in kept)
    with again(queue) as found:
        assert found.states() == {"a": "failed"}
    with Queue(queue.folder, SETTINGS, max_tries=5) as found:
        # the rule itself has no third change
        assert found.claim() is None


def test_a_task_that_succeeds_at_last_keeps_its_failures(queue):
    queue.add([point("a"), point("b", "a")])
    claim = queue.claim()
    assert queue.store(claim, failed(claim.task, "scf")) == "ready"
    assert finish(queue) == ["a", "b"]
    assert [h["failure"] for h in queue.failures("a")] == ["scf"]
    assert queue.header("a")["changed"]["gentler"] is True


def test_tries_go_on_after_a_restart(queue):
    queue.add([point("a")])
    claim = queue.claim()
    queue.store(claim, failed(claim.task, "time_out"))
    with again(queue) as found:
        assert found.claim().attempt.number == 1


def test_more_tries_open_a_task_again(tmp_path):
    with Queue(tmp_path, SETTINGS, max_tries=1) as queue:
        queue.add([point("a")])
        claim = queue.claim()
        assert queue.store(claim, failed(claim.task, "scf")) == "failed"
    with Queue(tmp_path, SETTINGS, max_tries=2) as queue:
        assert queue.claim().attempt.number == 1


def test_a_waiting_task_is_no_failure_and_asked_once_a_run(queue):
    queue.add([point("a"), point("b", "a")])
    claim = queue.claim()
    assert queue.store(claim, failed(claim.task, "waiting")) == "waiting"
    assert queue.claim() is None
    assert queue.failures("a") == ()
    with again(queue) as found:
        assert found.claim().task.key == "a"


def test_the_rules_cover_what_another_try_may_mend():
    assert set(RULES) == set(RETRIED)
    for word in set(FAILURES) - set(RULES) - set(STOPPING):
        assert next_attempt([word], SETTINGS) is None
    # one kind of failure after another: each goes through its own list, changes add up
    third = next_attempt(["time_out", "scf"], SETTINGS)
    assert (third.number, third.time, third.gentler) == (2, 2, True)
    assert next_attempt(["scf", "bad_input"], SETTINGS, max_tries=9) is None
    assert next_attempt(["scf"] * 3, SETTINGS, max_tries=9) is None


def test_no_rule_touches_what_a_label_means():
    for words in (["scf", "scf"], ["exploded", "exploded"], ["crashed", "scf", "exploded"]):
        attempt = next_attempt(words, SETTINGS, max_tries=9)
        changed = attempt.changed(SETTINGS)
        assert set(changed) <= {"max_step_A", "max_steps", "extra_bands", "gentler",
                                "time_limit_factor", "memory_limit_factor"}  # fmt: skip


# -- a full disk ----------------------------------------------------------------------------------


def refuse(*_args, **_more):
    raise OSError(errno.ENOSPC, "No space left on device")


def everything(queue):
    return {p.name: p.read_bytes() for p in sorted((queue.folder / "results").iterdir())}


@pytest.mark.parametrize("call", ["write", "replace", "fsync", "open"])
def test_a_full_disk_loses_nothing_that_was_stored(queue, monkeypatch, call):
    queue.add([point("a"), point("b"), point("c", "b")])
    queue.tidy()
    finish(queue, "a")
    before, claim = everything(queue), queue.claim()
    with monkeypatch.context() as patch:
        patch.setattr(queue_files.os, call, refuse)
        with pytest.raises(DiskFullError, match=r"no space left.*result of b.*run the same"):
            queue.store(claim, ok(claim.task))
    assert everything(queue) == before
    assert list((queue.folder / "tmp").iterdir()) == []
    assert queue.full is not None
    with again(queue) as found:
        assert found.states() == {"a": "done", "b": "ready", "c": "waiting"}
        assert finish(found) == ["b", "c"]


def test_the_reserve_takes_the_result_in_hand(queue, monkeypatch):
    queue.add([point("a")])
    queue.tidy()
    reserve = queue.folder / ".reserve"
    assert reserve.stat().st_size == queue_files.RESERVE_BYTES
    write = os.write

    def full_until_freed(handle, data):
        return refuse() if reserve.exists() else write(handle, data)

    claim = queue.claim()
    monkeypatch.setattr(queue_files.os, "write", full_until_freed)
    assert queue.store(claim, ok(claim.task)) == "done"
    assert "stored in the room that was kept" in str(queue.full)
    assert read_header(path_of(queue, "a"))["status"] == "ok"


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_full_disk_while_queueing_leaves_the_list_as_it_was(queue, monkeypatch, call):
    queue.add([point("a")])
    before = (queue.folder / "tasks.jsonl").read_bytes()
    real = getattr(os, call)
    index = os.stat(queue.folder / "tasks.jsonl").st_ino

    def full(handle, *rest):
        if os.fstat(handle).st_ino != index:
            return real(handle, *rest)
        if call == "write":
            real(handle, bytes(rest[0])[:5])
        return refuse()

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(DiskFullError, match="list of tasks"):
            queue.add([point("b")])
    assert (queue.folder / "tasks.jsonl").read_bytes() == before
    assert queue.add([point("b")]) == 1


def test_a_full_disk_while_locking_is_named(queue, monkeypatch):
    queue.add([point("a")])
    monkeypatch.setattr(LockFolder, "_create", refuse)
    with pytest.raises(DiskFullError, match="lock of a"):
        queue.claim()


def test_another_write_error_is_named_with_its_reason(queue, monkeypatch):
    queue.add([point("a")])
    claim = queue.claim()

    def readonly(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(queue_files.os, "open", readonly)
    with pytest.raises(QueueError, match="Read-only file system"):
        queue.store(claim, ok(claim.task))


# -- small things ---------------------------------------------------------------------------------


@given(st.lists(st.text(min_size=1, max_size=200), unique=True, max_size=20))
def test_file_names_are_distinct_short_and_flat(keys):
    names = [file_name(k) for k in keys]
    assert len(set(names)) == len(names)
    assert all(len(n.encode()) <= 180 and "/" not in n and "\0" not in n for n in names)


def test_file_names_are_those_of_the_tasks():
    task = point("ads/Co-N4@graphene/Li/ring6")
    assert file_name(task.key) == task.file_name


def test_a_file_is_whole_or_what_it_was(tmp_path, monkeypatch):
    path = tmp_path / "x"
    write_atomic(path, b"before", tmp_path / "tmp")
    monkeypatch.setattr(queue_files.os, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        write_atomic(path, b"after", tmp_path / "tmp")
    assert path.read_bytes() == b"before"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_drafts_of_killed_workers_are_removed_once_old(queue):
    old, new = queue.folder / "tmp" / "old", queue.folder / "tmp" / "new"
    for path in (old, new):
        path.write_text("half")
    os.utime(old, (0, 0))
    queue.tidy()
    assert not old.exists()
    assert new.exists()


def test_looking_at_a_folder_that_cannot_be_written(queue, monkeypatch):
    queue.add([point("a")])
    finish(queue)
    path = path_of(queue, "a")
    path.write_bytes(path.read_bytes()[:80])

    def readonly(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(type(path), "rename", readonly)
    with Queue(queue.folder) as found:
        assert found.states() == {"a": "ready"}
        assert any("cannot be set aside here" in note for note in found.notes)


def test_ten_thousand_tasks_are_listed_and_resumed_quickly(tmp_path):
    tasks = [point("site"), *(point(f"t/{i}", "site", priority=i % 7) for i in range(10_000))]
    began = time.perf_counter()
    with Queue(tmp_path, SETTINGS) as queue:
        queue.add(tasks)
        finish(queue, "site")
        assert queue.counts() == {"done": 1, "ready": 10_000}
    with Queue(tmp_path, SETTINGS) as queue:
        assert queue.claim().task.key == "t/0"
    # the figure is 5 s for each; the machine of a test may be busy
    assert time.perf_counter() - began < 15
