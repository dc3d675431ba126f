"""What it saves to begin the single point of a label with the density of its relaxation.

Sites of the bundled labels are computed once more from where they ended, by the protocol: one
step at the relaxation's mesh, then the energy at its own. The second run takes up the finished
step, as after an interruption, so that its single point begins afresh. Minutes; needs GPAW.
"""

import tempfile
from pathlib import Path

from sacml._resources import dataset_path
from sacml.labels import Task, TaskResult, make_engine, preset, site_key
from sacml.labels.relaxed_starts import begin_relaxed, read_relaxed
from sacml.labels.task import Inputs

SITES = ("Co-N4@graphene", "Ni-N4@graphene")
"""With and without a moment."""


def computed(site: str, folder: Path) -> tuple[TaskResult, TaskResult]:
    """Results with the single point begun from the density, and begun afresh."""
    settings = preset("pbe-pw340")
    task = Task(key=site_key(site), kind="site", inputs=Inputs(site=site),
                settings_digest=settings.digest)  # fmt: skip
    task = begin_relaxed(task, read_relaxed(dataset_path("dft", "structures.extxyz")), settings)
    engine = make_engine(settings)
    on = engine.run(task, settings, folder)
    (folder / "result.json").unlink(missing_ok=True)
    return on, engine.run(task, settings, folder)


def run() -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for site in SITES:
        with tempfile.TemporaryDirectory() as name:
            on, afresh = computed(site, Path(name))
        if not (on.ok and afresh.ok):
            print(f"{site}: not measured, {on.reason or afresh.reason}")
            continue
        seconds = [r.timings_s["single_point"] for r in (on, afresh)]
        found |= {
            f"{site}: iterations, from the density": on.scf_iterations,
            f"{site}: iterations, afresh": afresh.scf_iterations,
            f"{site}: time, as a share of afresh": seconds[0] / seconds[1],
            f"{site}: energy, change (eV)": on.energy_eV - afresh.energy_eV,
        }
    return found


if __name__ == "__main__":
    for label, value in run().items():
        print(f"{label:<56} {value:.4g}")
