"""What is a cheaper DFT route worth? Orbital (LCAO dzp) single points beside the plane-wave labels.

    python experiments/lcao.py --minutes 40               # compute, in the order of `ORDER`
    python experiments/lcao.py --on chgnet --minutes 10   # at geometries of a learned potential
    python experiments/lcao.py --counterpoise             # basis-set superposition
    python experiments/lcao.py --compute-nothing          # tables from the energies stored

Energies go through `sacml.labels` (one task, one process) into a campaign's folder each, so that a
run goes on where it stopped; the tables are experiments/results/lcao.csv and lcao.md. Geometries
and starting moments are those of datasets/dft/structures.extxyz, so that only the basis differs:

    E_atom = E(site+A) - E(site) - E(A, isolated)

Needs GPAW. A task takes one core and one to three minutes.
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import read
from lcao_tables import write_tables

from sacml.domain import Candidate
from sacml.labels import Inputs, Limits, Task, atom_key, binding_tasks, preset
from sacml.labels.campaign import Campaign
from sacml.labels.protocol import start_moment
from sacml.labels.task import to_extxyz

REPO = Path(__file__).parents[1]
DATA = REPO / "datasets" / "dft"
ON = {"dft": "pbe-lcao-dzp", "chgnet": "pbe-lcao-dzp-on-chgnet"}
"""Where the geometry comes from, and the settings of the single points there."""
ORDER = (
    "Ni-N4@graphene;Li", "Co-N4@graphene;Li", "Ni-N4@graphene;K", "Zn-N4@graphene;Li",
    "Zr-N4@graphene;Li", "Al-N4@graphene;Li", "Fe-N4@graphene;Li", "Mn-N4@graphene;Li",
    "Ni-N4@graphene;Na", "Ti-N4@graphene;Li", "Sc-N4@graphene;Li", "Co-C4@graphene;Li",
    "Sn-N4@graphene;Li", "Pd-N4@graphene;Li", "Zn-N4@graphene;Na", "Co-N4@graphene;K",
    "@graphene;Li", "Co-N3@graphene;Li", "Co-N2C2(cis6)@graphene;Li", "Cr-N4@graphene;Li",
    "Co-N3O@graphene;Li", "Ru-N4@graphene;Li", "Pt-N4@graphene;Li", "Mg-N4@graphene;Li",
    "V-N4@graphene;Li", "Fe-N4@graphene;K", "Pd-N4@graphene;K", "vac-N4@graphene;Li",
)  # fmt: skip
"""Pairs, those first that differ most; spin-paired ones cost half of the others."""
MAGNETIC_MU_B = 0.02
"""Local moments below this are the noise of a spin-polarised run of a state without any."""


def labels() -> dict[str, dict[str, str]]:
    """Lowest start of each pair of the bundled table, by ``SITE;ALKALI``, and its plane waves.

    Starts and sites from a second start moment are left out: another state of the electrons is no
    error of a basis.
    """
    pairs, done = _rows("binding.csv"), _rows("calculations.csv")
    energy = {r["key"]: float(r["energy_eV"]) for r in done if r["status"] == "ok"}
    atoms = {r["element"]: energy[r["key"]] for r in done if r["kind"] == "atom"}
    sites: dict[str, str] = {}
    for r in done:
        if r["kind"] == "site" and r["key"] in energy and start_moment(r["key"]) is None:
            before = sites.setdefault(r["site"], r["key"])
            sites[r["site"]] = min(before, r["key"], key=energy.__getitem__)
    found: dict[str, dict[str, str]] = {}
    for r in sorted(pairs, key=lambda r: energy[r["record_id"]]):
        if start_moment(r["record_id"]) is None:
            bare = sites[r["site"]]
            bound = energy[r["record_id"]] - energy[bare] - atoms[r["alkali"]]
            found.setdefault(
                f"{r['site']};{r['alkali']}",
                r | {"site_key": bare, "binding_energy_atom_eV": f"{bound:.5f}"},
            )
    return found


def _rows(name: str) -> list[dict[str, str]]:
    """Rows of a bundled table at the protocol's own settings."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [r for r in csv.DictReader(file) if r["fidelity"] == "dft_own"]


def frames() -> dict[str, Atoms]:
    """Structures of the bundled dataset with their final moments as starting moments."""
    found = {}
    for atoms in read(DATA / "structures.extxyz", index=":"):
        moments = atoms.arrays.get("m", np.zeros(len(atoms)))
        magnetic = np.abs(moments).max() > MAGNETIC_MU_B
        plain = Atoms(atoms.symbols, atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
        plain.set_initial_magnetic_moments(moments if magnetic else 0 * moments)
        found[atoms.info["key"]] = plain
    return found


def tasks_on_dft(digest: str) -> Iterator[Task]:
    """Isolated atom, bare site and site + alkali of each pair, as they are in the dataset."""
    known, shapes = labels(), frames()
    for rank, pair in enumerate(ORDER):
        row = known[pair]
        yield Task(
            key=atom_key(row["alkali"]), kind="atom", inputs=Inputs(element=row["alkali"]),
            settings_digest=digest, priority=10 * rank,
        )  # fmt: skip
        for after, key in enumerate((row["site_key"], row["record_id"]), 1):
            yield Task(
                key=f"sp/{key}", kind="single_point",
                inputs=Inputs(structure=to_extxyz(shapes[key])),
                settings_digest=digest, priority=10 * rank + after,
            )  # fmt: skip


def tasks_on_chgnet() -> Iterator[Task]:
    """The tasks of the whole route for each pair, one start each, without the bulk metal."""
    known = labels()
    for rank, pair in enumerate(ORDER):
        candidate = Candidate.parse(pair)
        place = known[pair]["start"].split("/")[0]
        for task in binding_tasks(
            candidate.site, candidate.alkali, preset(ON["chgnet"]), (place,), relative=False
        ):
            if task.kind != "bulk":
                yield task.model_copy(update={"priority": 10 * rank + task.priority // 10})


def compute(on: str, out: Path, minutes: float) -> None:
    """Compute what is missing until the time is up; the task in hand is finished."""
    settings = preset(ON[on])
    found = tasks_on_dft(settings.digest) if on == "dft" else tasks_on_chgnet()
    once = {task.key: task for task in reversed(list(found))}  # the first of equal keys counts
    with Campaign(out / on, settings, limits=Limits(wall_s=2400, niceness=19)) as campaign:
        campaign.add(once.values())
        status = campaign.run(time_limit_s=60 * minutes)
        print("\n".join(status.lines()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--on", choices=list(ON), default="dft", help="where geometries come from")
    parser.add_argument("--minutes", type=float, default=40.0, help="begin no task after so long")
    parser.add_argument("--out", type=Path, default=REPO / "runs" / "lcao")
    parser.add_argument("--counterpoise", action="store_true")
    parser.add_argument("--compute-nothing", action="store_true")
    given = parser.parse_args()
    if given.counterpoise:
        from lcao_counterpoise import compute_all

        compute_all(given.out / "counterpoise", frames())
    elif not given.compute_nothing:
        compute(given.on, given.out, given.minutes)
    print(write_tables(given.out, labels(), REPO / "experiments" / "results"))


if __name__ == "__main__":
    main()
