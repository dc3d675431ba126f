"""Runs whose process is gone are marked; those that still run are left alone."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from sacml.labels.lock_owner import this_host
from sacml.tracking import StudyTracker, contact, list_runs
from sacml.tracking.backend import connect
from sacml.tracking.contact import settle
from sacml.tracking.environment import OWNER
from sacml.tracking.runs import RunWriter

CHILD = """
import sys, time
from types import SimpleNamespace
from sacml.tracking import StudyTracker
with StudyTracker(sys.argv[1], name="doomed", prefix="doomed") as tracker:
    with tracker.target("binding_energy") as run:
        for i in range(3):
            run.on_fold(SimpleNamespace(model="ridge", trained_on="all", split="random",
                                        mae=0.1 * i, fold=str(i)))
        run._flush()
        print("ready", flush=True)
        time.sleep(120)
"""


@pytest.fixture
def writer(store):
    return RunWriter(store)


def owned_by(host, pid=1, started="1"):
    return {OWNER: json.dumps({"host": host, "pid": pid, "started": started})}


def status(writer, run_id):
    run = writer.client.get_run(run_id)
    return run.info.status, run.data.tags.get("sacml.error", "")


def test_a_process_that_was_killed_outright_leaves_what_it_wrote_and_is_marked(new_store, tmp_path):
    uri = new_store(tmp_path)
    child = subprocess.Popen([sys.executable, "-c", CHILD, uri], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "ready\n"
        client = connect(uri)
        assert settle(client) == ()  # it is alive
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
    table = list_runs(uri)
    assert set(table["status"]) == {"KILLED"}
    assert set(table["kind"]) == {"study", "target", "evaluation"}
    (run_id,) = table[table["kind"] == "evaluation"]["run_id"]
    run = client.get_run(run_id)
    assert "without a word" in run.data.tags["sacml.error"]
    assert [m.step for m in client.get_metric_history(run_id, "fold_mae")] == [0, 1, 2]
    # the run ended when it last wrote, not when somebody looked
    assert run.info.end_time == max(m.timestamp for m in run.data._metric_objs)
    assert settle(client) == ()


def test_the_next_study_settles_the_last_one(store):
    writer = RunWriter(store)
    lost = writer.create("sacml-next", "lost", owned_by(this_host(), 2**22 + 1))
    mine = writer.create("sacml-next", "mine", {})
    with StudyTracker(store, prefix="next"):
        assert status(writer, lost)[0] == "KILLED"
        assert status(writer, mine)[0] == "RUNNING"
    writer.end(mine, None)


def test_a_recycled_process_id_is_no_sign_of_life(writer):
    run_id = writer.create("sacml-recycled", "x", owned_by(this_host(), os.getpid(), "12345"))
    assert run_id in settle(writer.client)


def test_a_machine_that_was_started_anew_runs_nothing_of_before(writer):
    words = this_host().split("/")
    run_id = writer.create("sacml-boot", "x", owned_by("/".join([words[0], "another", "boot"])))
    assert run_id in settle(writer.client)
    assert "started anew" in status(writer, run_id)[1]


def test_another_machine_is_given_up_after_long_silence_of_the_whole_study(writer, monkeypatch):
    there = owned_by("elsewhere/boot/pid")
    study = writer.create("sacml-far", "study", there)
    child = writer.create("sacml-far", "child", there | {"sacml.study_run": study})
    assert settle(writer.client) == ()
    # heard of in an hour from now: no machine is too slow for this test
    later = int(time.time() + 3600) * 1000
    writer.client.log_metric(child, "fold_mae", 0.1, timestamp=later)
    monkeypatch.setattr(contact, "SILENCE_S", 0.0)
    assert settle(writer.client) == ()  # the child was heard of, so the study lives
    monkeypatch.setattr(contact, "SILENCE_S", -7200.0)
    assert set(settle(writer.client)) == {study, child}
    assert "nothing was heard from elsewhere" in status(writer, study)[1]


def test_runs_of_others_are_never_touched(writer):
    client = writer.client
    number = client.create_experiment("theirs")
    run = client.create_run(number)
    settle(client)
    assert client.get_run(run.info.run_id).info.status == "RUNNING"
