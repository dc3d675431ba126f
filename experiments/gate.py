"""Do cheap engines reproduce the DFT labels? Compute, compare, and say so in the data card.

    python experiments/gate.py                            # all of it, on datasets/dft
    python experiments/gate.py --engines gfn1 --modes single_point
    python experiments/gate.py --compute-nothing          # tables from the energies stored

Energies of every DFT start at its stored geometry (``single_point``) and after a short relaxation
of site and site + alkali from there (``relaxed``) go to ``cheap_engines.csv``; what is stored is
not computed again. An engine without an isolated atom in its training (all but GFN1-xTB) is
compared against the bulk metal, with its own bulk at the lattice constant of DFT.
"""

import argparse
import csv
import time
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ase import Atoms
from ase.build import bulk
from ase.io import read
from ase.optimize import BFGS
from gate_tables import card_block

from sacml.data.cards import replace_block

REPO = Path(__file__).parents[1]
COLUMNS = (
    "engine", "mode", "record_id", "site", "alkali", "reference", "dft_eV", "engine_eV", "seconds",
    "reason",
)  # fmt: skip
MODES = ("single_point", "relaxed")
REFERENCE = {"gfn1": "atom", "chgnet": "bulk", "7net-0": "bulk", "7net-l3i5": "bulk"}
FMAX_eV_A, STEPS = 0.1, 30


@cache
def calculator(name: str) -> Callable[..., Any]:
    """Return what makes a calculator; packages are tblite, chgnet and sevenn."""
    if name == "gfn1":
        from tblite.ase import TBLite

        return lambda **more: TBLite(method="GFN1-xTB", verbosity=0, max_iterations=400, **more)
    if name == "chgnet":
        from chgnet.model.dynamics import CHGNetCalculator
        from chgnet.model.model import CHGNet

        chgnet = CHGNetCalculator(CHGNet.load(verbose=False), use_device="cpu")
        return lambda: chgnet
    from sevenn.calculator import SevenNetCalculator

    sevennet = SevenNetCalculator(name, device="cpu")
    return lambda: sevennet


def energy(name: str, atoms: Atoms, mode: str) -> float:
    """Energy in eV; a relaxation that has not settled in `STEPS` steps counts as it stands."""
    atoms = atoms.copy()
    atoms.pbc = True  # the learned potentials and tblite know no mixed periodicity
    atoms.set_initial_magnetic_moments(None)
    atoms.calc = calculator(name)()
    if mode == "relaxed":
        BFGS(atoms, logfile=None, maxstep=0.1).run(fmax=FMAX_eV_A, steps=STEPS)
    return float(atoms.get_potential_energy())


class Comparison:
    """Binding energies of one engine in one mode on the DFT geometries."""

    def __init__(self, name: str, mode: str, folder: Path) -> None:
        self.name, self.mode = name, mode
        self.frames = {a.info["key"]: a for a in read(folder / "structures.extxyz", index=":")}
        self.lattice = {
            r["key"].split("/")[1]: float(r["lattice_constant_A"])
            for r in rows(folder / "calculations.csv")
            if r["kind"] == "bulk" and r["lattice_constant_A"]
        }
        self._bare: dict[str, float] = {}

    def reference(self, alkali: str) -> float:
        """Energy of the isolated atom, or of the bulk metal per atom."""
        if REFERENCE[self.name] == "atom":
            atom = Atoms(alkali, positions=[[0, 0, 0]])
            atom.calc = calculator(self.name)(multiplicity=2)
            return float(atom.get_potential_energy())
        return energy(self.name, bulk(alkali, "bcc", self.lattice[alkali]), "single_point")

    def binding(self, row: dict[str, str]) -> float:
        """Binding energy of a row of binding.csv."""
        bare = row["site_key"]
        if bare not in self._bare:
            self._bare[bare] = energy(self.name, self.frames[bare], self.mode)
        both = energy(self.name, self.frames[row["record_id"]], self.mode)
        return both - self._bare[bare] - self.reference(row["alkali"])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def computed(
    labels: list[dict[str, str]], known: set[tuple[str, ...]], name: str, mode: str, folder: Path
) -> Iterator[dict[str, str]]:
    """Compute the binding energies that are not stored yet."""
    comparison = Comparison(name, mode, folder)
    for row in labels:
        if (name, mode, row["record_id"]) in known:
            continue
        began, found, reason = time.perf_counter(), "", ""
        try:
            found = f"{comparison.binding(row):.4f}"
        except (RuntimeError, ValueError, ArithmeticError) as error:
            reason = " ".join(str(error).split())[:120]
        yield {
            "engine": name, "mode": mode, "record_id": row["record_id"], "engine_eV": found,
            "seconds": f"{time.perf_counter() - began:.1f}", "reason": reason,
        }  # fmt: skip


def completed(found: list[dict[str, str]], labels: list[dict[str, str]]) -> list[dict[str, str]]:
    """Put the present DFT values beside the stored energies, in a fixed order."""
    by_id = {r["record_id"]: r for r in labels}
    kept = []
    for row in found:
        label = by_id.get(row["record_id"])
        if label is not None:
            reference = REFERENCE[row["engine"]]
            kept.append(row | {
                "site": label["site"], "alkali": label["alkali"], "reference": reference,
                "dft_eV": f"{float(label[f'binding_energy_{reference}_eV']):.4f}",
            })  # fmt: skip
    engines = list(REFERENCE)
    return sorted(kept, key=lambda r: (engines.index(r["engine"]), r["mode"], r["record_id"]))


def save(path: Path, table: list[dict[str, str]]) -> None:
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    draft.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--dataset", type=Path, default=REPO / "datasets" / "dft")
    parser.add_argument("--engines", default="gfn1,chgnet", help=f"of {', '.join(REFERENCE)}")
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--compute-nothing", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # the engines' own packages
    every = rows(given.dataset / "binding.csv")
    labels = [r for r in every if r["fidelity"] == "dft_own"]
    path = given.dataset / "cheap_engines.csv"
    found = rows(path) if path.exists() else []
    for name in given.engines.split(",") if not given.compute_nothing else ():
        for mode in given.modes.split(","):
            known = {(r["engine"], r["mode"], r["record_id"]) for r in found}
            for row in computed(labels, known, name, mode, given.dataset):
                found.append(row)
                save(path, completed(found, labels))
                print(name, mode, row["record_id"], row["engine_eV"], row["reason"], flush=True)
    table = completed(found, labels)
    save(path, table)
    block = card_block(table, labels, given.dataset)
    print(block)
    if (given.dataset / "README.md").exists():
        replace_block(given.dataset / "README.md", "cheap engines", block)


if __name__ == "__main__":
    main()
