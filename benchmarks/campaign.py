"""What a campaign costs beside its calculations: 10,000 tasks queued, and overhead per task.

The engine does nothing, so that all the time there is belongs to the campaign: structures,
locks, results forced to disk. The share of compute is taken against the mean time of the bundled
DFT calculations of a site and of a site with its alkali.
"""

import csv
import tempfile
import time
from pathlib import Path

from sacml._resources import dataset_path
from sacml.domain import METALS, Candidate, Site
from sacml.errors import SacmlError
from sacml.labels.campaign import Campaign
from sacml.labels.protocol import binding_tasks
from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import TaskResult

TASKS, SITES = 10_000, 40
SHELLS = ("N4", "N3", "C4", "C3", "O4", "S4", "N3C", "N3O", "N3S", "NC3", "NO3", "N3B")
PLACES = tuple(f"place{i}" for i in range(6))
SETTINGS = ProtocolSettings()


class Nothing:
    """Gives the starting structure back."""

    def run(self, task, settings, folder, attempt=0):
        """Compute nothing."""
        return TaskResult(
            key=task.key, kind=task.kind, status="ok", settings_digest=settings.digest,
            level_of_theory="none", energy_eV=0.0, geometry=task.inputs.structure,
        )  # fmt: skip


def sites() -> list[Site]:
    found = []
    for shell in SHELLS:
        for metal in METALS:
            try:
                found.append(Site.parse(f"{metal}-{shell}@graphene"))
            except SacmlError:
                continue
    return found


def many_tasks() -> list:
    tasks: dict = {}
    for alkali in ("Li", "Na", "K"):
        for site in sites():
            for task in binding_tasks(site, alkali, SETTINGS, PLACES, relative=False):
                tasks.setdefault(task.key, task)
            if len(tasks) >= TASKS:
                return list(tasks.values())[:TASKS]
    return list(tasks.values())


def timed(function):
    start = time.perf_counter()
    value = function()
    return time.perf_counter() - start, value


def queued(folder: Path) -> dict[str, float]:
    made, tasks = timed(many_tasks)

    def begin():
        with Campaign(folder, SETTINGS) as campaign:
            campaign.add(tasks)
            return campaign.queue.claim() is not None

    def look():
        with Campaign(folder) as campaign:
            return campaign.status().lines()

    def resume():
        with Campaign(folder, SETTINGS) as campaign:
            campaign.add(tasks)
            return campaign.queue.claim() is not None

    began, _ = timed(begin)
    listed, _ = timed(look)
    resumed, _ = timed(resume)
    with Campaign(folder, SETTINGS) as campaign:
        while (claim := campaign.queue.claim()) is not None:
            result = TaskResult(
                key=claim.task.key, kind=claim.task.kind, status="ok", energy_eV=0.0,
                settings_digest=SETTINGS.digest, level_of_theory="none", geometry="x" * 6000,
            )  # fmt: skip
            campaign.queue.store(claim, result)
    looked, _ = timed(look)
    return {
        f"make {len(tasks)} tasks of named starts (s)": made,
        f"start a campaign of {len(tasks)} tasks (s)": began,
        "list it (s)": listed,
        "resume it (s)": resumed,
        "list it, all done, every result checked (s)": looked,
    }


def overhead(folder: Path, workers: int) -> tuple[float, float]:
    candidates = [Candidate(site, "Li") for site in sites()[:SITES]]
    with Campaign(folder, SETTINGS, engine=Nothing()) as campaign:
        chosen, (new, _) = timed(lambda: campaign.add_candidates(candidates))
        spent, status = timed(lambda: campaign.run(workers))
    tried = status.counts["done"] + status.counts["failed"]
    return (chosen + spent) / tried, chosen / new


def compute_s() -> float:
    """Mean time of a bundled calculation of a site, with or without its alkali."""
    with dataset_path("dft", "calculations.csv").open() as handle:
        times = [
            float(row["seconds"])
            for row in csv.DictReader(handle)
            if row["kind"] in ("site", "ads") and row["seconds"]
        ]
    return sum(times) / len(times)


def run() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        found = queued(Path(name) / "many")
        per_task, choosing = overhead(Path(name) / "one", 1)
    return found | {
        "overhead per task, structures and all (s)": per_task,
        "of it choosing the starts (s)": choosing,
        "overhead as a share of compute": per_task / compute_s(),
    }


if __name__ == "__main__":
    for label, value in run().items():
        print(f"{label:<64} {value:.4g}")
