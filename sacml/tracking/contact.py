"""Runs whose process is gone: a run that was killed outright cannot say so itself."""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sacml.labels.lock_owner import Owner, is_running, this_host
from sacml.tracking.backend import patiently, quiet
from sacml.tracking.environment import OWNER

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

SILENCE_S = 1800.0
"""A run of another machine counts as killed when its study wrote nothing for so long."""
STUDY = "sacml.study_run"
_PAGE = 1000


def settle(client: "MlflowClient") -> tuple[str, ...]:
    """Mark the runs as KILLED that say they run but whose process does not; return their ids.

    On this machine the process is looked for. Of another machine only the silence is known: a
    study writes what the system does every few seconds.
    """
    with quiet():
        running = list(running_runs(client))
    heard = {run.info.run_id: _last_sign(run) for run in running}
    for run in running:
        study = run.data.tags.get(STUDY)
        if study in heard:
            heard[study] = max(heard[study], heard[run.info.run_id])
    killed = []
    for run in running:
        run_id = run.info.run_id
        last = max(heard[run_id], heard.get(run.data.tags.get(STUDY, ""), 0))
        why = _why_dead(run, last)
        if why is not None:
            _kill(client, run_id, why, last)
            killed.append(run_id)
    return tuple(killed)


def running_runs(client: "MlflowClient") -> "Iterator[Run]":
    """Go through the runs of sacml that have the status RUNNING."""
    experiments = [e.experiment_id for e in client.search_experiments()]
    token = None
    while experiments:
        page = client.search_runs(
            experiments, "attributes.status = 'RUNNING'", max_results=_PAGE, page_token=token
        )
        yield from (run for run in page if OWNER in run.data.tags)
        token = page.token
        if not token:
            return


def _last_sign(run: "Run") -> int:
    """Milliseconds since the epoch of the last thing a run wrote."""
    return max([run.info.start_time, *(m.timestamp for m in run.data._metric_objs)])


def _why_dead(run: "Run", last: int) -> str | None:
    said = json.loads(run.data.tags[OWNER])
    owner = Owner(said["host"], int(said["pid"]), said["started"], "", 0.0)
    here = this_host()
    if owner.host == here:
        return None if is_running(owner) else f"process {owner.pid} ended without a word"
    if owner.host.split("/")[:1] == here.split("/")[:1] and _boot(owner.host) != _boot(here):
        return f"{owner.machine} was started anew"
    silent = time.time() - last / 1000
    if silent > SILENCE_S:
        return f"nothing was heard from {owner.machine} for {silent / 60:.0f} minutes"
    return None


def _boot(host: str) -> str:
    return host.split("/")[1] if "/" in host else ""


def _kill(client: "MlflowClient", run_id: str, why: str, last: int) -> None:
    patiently(lambda: client.set_tag(run_id, "sacml.error", f"killed: {why}"))
    patiently(lambda: client.set_terminated(run_id, "KILLED", last))
