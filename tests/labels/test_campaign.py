import os
import signal
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass, field

import pytest
from labels.queue_fakes import SETTINGS, Fake, energy, failed, ok, point

from sacml.domain import Candidate, Site
from sacml.labels import campaign_run, queue_files
from sacml.labels.campaign import Campaign
from sacml.labels.campaign_run import CampaignError
from sacml.labels.engines import GpawEngine, Limits
from sacml.labels.protocol import site_task
from sacml.labels.queue import Queue
from sacml.labels.queue_files import DiskFullError, file_name
from sacml.labels.settings import ProtocolSettings
from sacml.labels.status import duration, live_table, render
from sacml.labels.task import TaskResult


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(campaign_run, "POLL_S", 0.02)


def chain(n=6):
    return [point("base"), *(point(f"t{i}", "base") for i in range(n))]


def test_a_campaign_runs_to_its_end_and_again_does_nothing(tmp_path):
    engine = Fake()
    with Campaign(tmp_path, SETTINGS, engine=engine) as campaign:
        campaign.add(chain())
        status = campaign.run(workers=3)
    assert status.is_complete
    assert status.counts == {"done": 7}
    assert engine.keys[0] == "base"
    assert sorted(engine.keys) == sorted({t.key for t in chain()})
    with Campaign(tmp_path, engine=engine) as campaign:
        assert campaign.add(chain()) == 0
        campaign.run()
        assert {k: r.energy_eV for k, r in campaign.results().items()} == {
            t.key: energy(t.key) for t in chain()
        }
    assert len(engine.keys) == 7


def test_two_campaigns_on_one_folder_never_do_a_task_twice(tmp_path):
    engines = [Fake(seconds=0.01), Fake(seconds=0.01)]
    with Campaign(tmp_path, SETTINGS) as campaign:
        campaign.add(chain(30))

    def work(engine):
        with Campaign(tmp_path, engine=engine) as campaign:
            campaign.run(workers=2)

    threads = [threading.Thread(target=work, args=(e,)) for e in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = engines[0].keys + engines[1].keys
    assert sorted(done) == sorted(t.key for t in chain(30))
    assert all(engine.keys for engine in engines)


def test_a_worker_waits_for_what_another_has_in_hand(tmp_path):
    with Campaign(tmp_path, SETTINGS, engine=Fake()) as campaign:
        campaign.add(chain(1))
        with Queue(tmp_path) as other:
            claim = other.claim()
            timer = threading.Timer(0.2, lambda: other.store(claim, ok(claim.task)))
            timer.start()
            status = campaign.run()
            timer.join()
    assert status.counts == {"done": 2}


def test_failures_are_retried_by_rule_and_named(tmp_path):
    engine = Fake({"t0": ["scf"], "t1": ["bad_input"], "t2": ["exploded"] * 3})
    with Campaign(tmp_path, SETTINGS, engine=engine) as campaign:
        campaign.add([*chain(3), point("after", "t1")])
        status = campaign.run(workers=2)
        results = campaign.results()
    assert status.counts == {"done": 2, "failed": 2, "blocked": 1}
    assert {(f.key, f.failure, f.tries) for f in status.failures} == {
        ("t1", "bad_input", 1), ("t2", "exploded", 3),
    }  # fmt: skip
    assert "made to fail by bad_input" in "\n".join(status.lines())
    assert results["t0"].attempt == 1
    assert "slower mixing" in results["t0"].notes[-1]
    assert results["t0"].settings_digest == SETTINGS.digest
    steps = [s.max_step_A for key, s, _ in engine.seen if key == "t2"]
    assert steps == sorted(steps, reverse=True)
    assert len(set(steps)) == 3
    assert [a for key, _, a in engine.seen if key == "t0"] == [0, 1]
    assert [a for key, _, a in engine.seen if key == "t2"] == [0, 0, 2]


@dataclass(frozen=True)
class Limited:
    limits: Limits = field(default_factory=lambda: Limits(wall_s=100, memory_MB=1000))
    seen: list = field(default_factory=list)

    def run(self, task, settings, folder, attempt=0):
        self.seen.append((self.limits.wall_s, self.limits.memory_MB))
        word = {1: "time_out", 2: "memory"}.get(len(self.seen))
        return failed(task, word, settings) if word else ok(task, settings)


def test_limits_are_raised_for_what_ran_into_them(tmp_path):
    engine = Limited()
    with Campaign(tmp_path, SETTINGS, engine=engine) as campaign:
        campaign.add([point("a")])
        assert campaign.run().counts == {"done": 1}
    assert engine.seen == [(100, 1000), (200, 1000), (200, 1500)]


def test_a_pre_relaxation_has_the_limits_of_the_attempt(tmp_path, monkeypatch):
    seen = []

    def record(task, settings, folder, engine, attempt=0):
        seen.append(engine.limits)
        return task, failed(task, "time_out", settings)

    monkeypatch.setattr("sacml.labels.engines.prerelax", record)
    settings = ProtocolSettings(prerelax="chgnet")
    engine = GpawEngine(Limits(wall_s=100, niceness=7))
    with Campaign(tmp_path, settings, engine=engine) as campaign:
        campaign.add([site_task(Site.parse("@graphene"), settings)])
        status = campaign.run()
    assert [(x.wall_s, x.niceness) for x in seen] == [(100, 7), (200, 7), (400, 7)]
    assert status.failures[0].reason.startswith("pre-relaxation: ")


class Broken:
    def __init__(self, answer):
        self.answer = answer

    def run(self, task, settings, folder, attempt=0):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(task)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ValueError("no such thing"), "ValueError: no such thing"),
        (lambda task: ok(point("other")), "was given a and answered with other"),
        (lambda task: None, "AttributeError"),
    ],
)
def test_a_broken_engine_is_a_failure_with_its_reason(tmp_path, answer, said):
    with Campaign(tmp_path, SETTINGS, engine=Broken(answer)) as campaign:
        campaign.add([point("a")])
        status = campaign.run()
    assert status.counts == {"failed": 1}
    assert said in status.failures[0].reason
    assert status.failures[0].failure == "crashed"


def test_a_missing_program_stops_the_campaign_and_fails_no_task(tmp_path):
    engine = Fake({f"t{i}": ["missing_program"] for i in range(6)})
    with Campaign(tmp_path, SETTINGS, engine=engine) as campaign:
        campaign.add(chain())
        with pytest.raises(CampaignError, match="made to fail by missing_program"):
            campaign.run()
        assert len(engine.keys) == 2
        assert campaign.status().counts == {"done": 1, "ready": 6}


# -- ending ---------------------------------------------------------------------------------------


def test_stop_after_and_time_limit(tmp_path):
    with Campaign(tmp_path, SETTINGS, engine=Fake()) as campaign:
        campaign.add(chain())
        assert campaign.run(stop_after=2).counts["done"] == 2
        status = campaign.run(time_limit_s=0)
        assert status.counts["done"] == 2
        assert "time limit" in status.stopping
        assert campaign.run(workers=2).counts["done"] == 7


def test_the_stop_file_finishes_the_task_in_hand(tmp_path):
    class Stopping(Fake):
        def run(self, task, settings, folder, attempt=0):
            Campaign(tmp_path).stop()
            return super().run(task, settings, folder, attempt)

    with Campaign(tmp_path, SETTINGS, engine=Stopping()) as campaign:
        campaign.add(chain())
        status = campaign.run()
        assert status.counts == {"done": 1, "ready": 6}
        assert "STOP" in status.stopping
        # to start again is the later wish
        assert campaign.run(stop_after=1).counts["done"] == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_the_task_in_hand(tmp_path, number):
    class Signalling(Fake):
        def run(self, task, settings, folder, attempt=0):
            os.kill(os.getpid(), number)
            time.sleep(0.05)
            return super().run(task, settings, folder, attempt)

    before = signal.getsignal(number)
    with Campaign(tmp_path, SETTINGS, engine=Signalling()) as campaign:
        campaign.add(chain())
        status = campaign.run()
    assert status.counts == {"done": 1, "ready": 6}
    assert signal.Signals(number).name in status.stopping
    assert signal.getsignal(number) is before


def test_a_second_signal_gives_the_task_back_at_once(tmp_path):
    free = threading.Event()

    class Hanging(Fake):
        def run(self, task, settings, folder, attempt=0):
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.1)
            free.wait(20)
            return super().run(task, settings, folder, attempt)

    with Campaign(tmp_path, SETTINGS, engine=Hanging()) as campaign:
        campaign.add(chain())
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            campaign.run()
        assert time.monotonic() - began < 10
        assert campaign.status().counts == {"ready": 1, "waiting": 6}
        free.set()


# -- executors ------------------------------------------------------------------------------------


def test_an_executor_of_processes(tmp_path):
    with (
        ProcessPoolExecutor(2) as pool,
        Campaign(tmp_path, SETTINGS, engine=Fake()) as campaign,
    ):
        campaign.add(chain(3))
        assert campaign.run(workers=2, executor=pool).counts == {"done": 4}


class Losing(Executor):
    """Loses the first task, as a cluster whose machine went away does."""

    def __init__(self):
        self.lost = False

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        if self.lost:
            future.set_result(function(*args, **kwargs))
        else:
            self.lost = True
            future.set_exception(OSError("the worker left"))
        return future


def test_a_task_that_the_executor_lost_is_run_again(tmp_path):
    with Campaign(tmp_path, SETTINGS, engine=Fake()) as campaign:
        campaign.add([point("a")])
        status = campaign.run(executor=Losing())
        assert status.counts == {"done": 1}
        assert "the worker left" in campaign.queue.failures("a")[0]["reason"]


class Cancelling(Executor):
    """Cancels what it holds, as a cluster whose scheduler went away does."""

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


def test_an_executor_that_cancels_fails_no_task(tmp_path):
    with Campaign(tmp_path, SETTINGS, engine=Fake()) as campaign:
        campaign.add([point("a"), point("b")])
        with pytest.raises(CampaignError, match="cancelled the tasks in hand"):
            campaign.run(workers=2, executor=Cancelling())
        assert campaign.status().counts == {"ready": 2}
        assert campaign.queue.failures("a") == ()
        assert campaign.run().counts == {"done": 2}


def test_a_closed_executor_is_named_and_the_tasks_stay(tmp_path):
    pool = ProcessPoolExecutor(1)
    pool.shutdown()
    with Campaign(tmp_path, SETTINGS, engine=Fake()) as campaign:
        campaign.add([point("a")])
        with pytest.raises(CampaignError, match="executor takes no tasks"):
            campaign.run(executor=pool)
        assert campaign.status().counts == {"ready": 1}


# -- a full disk ----------------------------------------------------------------------------------


def test_a_full_disk_ends_the_run_with_the_results_in_hand_stored(tmp_path, monkeypatch):
    engine = Fake(seconds=0.05)
    write = os.write
    with Campaign(tmp_path, SETTINGS, engine=engine) as campaign:
        campaign.add([point(f"t{i}") for i in range(10)])

        def full_until_freed(handle, data):
            if (tmp_path / ".reserve").exists() and len(data) < queue_files.RESERVE_BYTES:
                raise OSError(28, "No space left on device")
            return write(handle, data)

        # the locks are written by the same call: let them pass
        monkeypatch.setattr(queue_files.os, "write", full_until_freed)
        monkeypatch.setattr("sacml.labels.locks.LockFolder._create", _create_quietly)
        with pytest.raises(DiskFullError, match="no space left"):
            campaign.run(workers=2)
        done = campaign.status().counts["done"]
        assert done == len(engine.keys) == 2
        monkeypatch.undo()
        assert campaign.run(workers=2).counts == {"done": 10}
    assert len(engine.keys) == 10


def _create_quietly(_self, path, token):
    from dataclasses import asdict
    from json import dumps

    from sacml.labels.lock_owner import this_process

    try:
        with path.open("x") as handle:
            handle.write(dumps(asdict(this_process(token))))
    except FileExistsError:
        return False
    return True


def test_a_full_disk_in_an_engine_is_no_failure_of_the_task(tmp_path):
    with Campaign(tmp_path, SETTINGS, engine=Fake({"a": ["disk"]})) as campaign:
        campaign.add([point("a")])
        with pytest.raises(DiskFullError, match="Free some space"):
            campaign.run()
        assert campaign.queue.failures("a") == ()
        assert campaign.run().counts == {"done": 1}


# -- candidates and status ------------------------------------------------------------------------


def test_candidates_become_tasks_with_each_reference_once(tmp_path):
    texts = ("Co-N4@graphene;Li", "Ni-N4@graphene;Li", "Pt-N4@graphene;Na")
    with Campaign(tmp_path, SETTINGS) as campaign:
        new, refused = campaign.add_candidates(map(Candidate.parse, texts), places=("ring6",))
        keys = [entry.key for entry in campaign.queue]
    assert new == len(keys) == len(set(keys))
    assert refused == []
    assert {"atom/Li", "bulk/Na", "site/@graphene", "ads/Pt-N4@graphene/Na/ring6"} < set(keys)
    by_key = {e.key: e for e in campaign.queue}
    assert by_key["ads/Co-N4@graphene/Li/ring6"].needs == ("site/Co-N4@graphene",)


def test_what_cannot_be_built_is_told_and_the_rest_is_queued(tmp_path):
    good, bad = Candidate.parse("Co-N4@graphene;Li"), Candidate.parse("Fe+Ni-N6+OH@graphene;Li")
    with Campaign(tmp_path, SETTINGS) as campaign:
        new, refused = campaign.add_candidates([bad, good], stability=True)
    assert new > 0
    assert [c for c, _ in refused] == ["Fe+Ni-N6+OH@graphene;Li"]
    assert refused[0][1]


def test_time_left_follows_the_kinds_and_the_workers(tmp_path):
    with Campaign(tmp_path, SETTINGS, engine=Fake()) as campaign:
        campaign.add([point(f"t{i}") for i in range(4)])
        assert campaign.status().seconds_left is None
        assert "not known" in campaign.status().lines()[0]
        claim = campaign.queue.claim()
        object.__setattr__(claim, "began", time.time() - 100)
        campaign.queue.store(claim, ok(claim.task))
        assert campaign.status().seconds_left == pytest.approx(300, abs=1)
        with Queue(tmp_path) as other:
            assert other.claim()
            assert campaign.queue.claim()
            assert campaign.status().seconds_left == pytest.approx(150, abs=1)
            assert len(campaign.status().running) == 2
    assert [duration(s) for s in (7, 600, 7000, 200_000)] == ["7 s", "10 min", "1 h 57 min",
                                                               "2 d 7 h"]  # fmt: skip


def test_the_live_table_is_silent_without_a_terminal(tmp_path, capsys):
    with Campaign(tmp_path, SETTINGS, engine=Fake({"t0": ["needs"]})) as campaign:
        campaign.add(chain(2))
        with live_table() as show:
            status = campaign.run(on_status=show)
    assert capsys.readouterr() == ("", "")
    from rich.console import Console

    console = Console(width=200)
    with console.capture() as said:
        console.print(render(status))
    assert "2 of 3 done" in said.get()
    assert "failed: t0: needs" in said.get()


def test_results_name_what_was_computed(tmp_path):
    with Campaign(tmp_path, SETTINGS, engine=Fake()) as campaign:
        campaign.add([point("a")])
        campaign.run()
    path = tmp_path / "results" / f"{file_name('a')}.json"
    record = queue_files.read_record(path)[1]
    assert TaskResult.from_dict(record).key == "a"


def test_workers_below_one_are_refused(tmp_path):
    with Campaign(tmp_path, SETTINGS) as campaign, pytest.raises(CampaignError, match="workers"):
        campaign.run(workers=0)
