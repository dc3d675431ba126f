"""How far are the bonds of the builder from those of relaxed sites, and what would better them?

    python experiments/bonds.py
    python experiments/bonds.py --labels runs/loop/labels      # and sites of other campaigns

Prints mean metal-neighbour bond and height of the metal above the sheet, as built and as relaxed
(datasets/dft/structures.extxyz), and for M-N4 the error of rest lengths from other radii, each line
fitted with the metal left out.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from sacml._resources import dataset_path
from sacml.domain.elements import element
from sacml.domain.sites import Site
from sacml.labels.campaign import Campaign
from sacml.labels.extxyz import unmark
from sacml.labels.relaxed_starts import read_relaxed
from sacml.structures import build
from sacml.structures.hosts.springs import metallic_radius
from sacml.workflows.tables import markdown

NITROGEN_A = element("N").covalent_radius_A
LINES = {
    "metallic radius (the builder's)": ("metallic",),
    "covalent radius": ("covalent",),
    "ionic radius and charge": ("ionic", "charge"),
    "metallic and covalent radius": ("metallic", "covalent"),
    "metallic radius, block": ("metallic", "block"),
}
"""Lines through radii of the element table, each with an offset."""


def relaxed(folders: list[Path]) -> Iterator[tuple[Site, Atoms, int]]:
    """Bare sites with one metal, and the index of the metal."""
    for key, atoms in read_relaxed(dataset_path("dft", "structures.extxyz")).items():
        if key.startswith("site/"):
            yield Site.parse(atoms.info["site"]), atoms, int(atoms.info["metal_index"])
    for folder in folders:
        with Campaign(folder) as campaign:
            for result in campaign.results().values():
                if result.kind == "site" and result.ok:
                    atoms = result.atoms()
                    if len(centre := unmark(atoms.info.get("centre"))) == 1:
                        yield Site.parse(result.key.split("/")[1]), atoms, centre[0]


def shape(atoms: Atoms, metal: int, neighbours: int) -> tuple[float, float]:
    """Mean bond to the nearest neighbours, and height above the median plane, in Angstrom."""
    apart = np.delete(atoms.get_distances(metal, range(len(atoms)), mic=True), metal)
    height = atoms.positions[metal, 2] - np.median(np.delete(atoms.positions[:, 2], metal))
    return float(np.sort(apart)[:neighbours].mean()), float(height)


def radii(metal: str) -> dict[str, float]:
    """Columns of the lines."""
    e = element(metal)
    return {
        "metallic": metallic_radius(metal), "covalent": e.covalent_radius_A,
        "ionic": e.ionic_radius_A or np.nan, "charge": float(e.ionic_radius_charge or np.nan),
        "block": float(e.block != "d"),
    }  # fmt: skip


def errors_left_out(columns: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Signed errors (n,) of least squares with an offset, the row itself left out."""
    X = np.column_stack((columns, np.ones(len(y))))
    errors = np.zeros(len(y))
    for k in range(len(y)):
        rest = np.arange(len(y)) != k
        errors[k] = X[k] @ np.linalg.lstsq(X[rest], y[rest], rcond=None)[0] - y[k]
    return errors


def lines_table(bonds: dict[str, float]) -> str:
    """Errors of rest lengths of M-N4 by line: d metals, and each metal of the main groups."""
    names = list(bonds)
    y = np.array([bonds[m] for m in names])
    main = [k for k, m in enumerate(names) if element(m).block != "d"]
    d = [k for k in range(len(names)) if k not in main]
    found = {
        name: errors_left_out(np.array([[radii(m)[c] for c in columns] for m in names]), y)
        for name, columns in LINES.items()
    }
    found["sum of covalent radii (no fit)"] = (
        np.array([element(m).covalent_radius_A + NITROGEN_A for m in names]) - y
    )
    rows = [
        (name, f"{np.abs(e).mean():.3f}", f"{np.abs(e[d]).mean():.3f}",
         *(f"{e[k]:+.2f}" for k in main))
        for name, e in found.items()
    ]  # fmt: skip
    header = ("rest length from", f"MAE, {len(names)} metals", f"MAE, {len(d)} d metals",
              *(names[k] for k in main))  # fmt: skip
    return markdown(header, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--labels", type=Path, action="append", default=[])
    given = parser.parse_args()
    rows, bonds, errors = [], {}, []
    for site, atoms, metal in relaxed(given.labels):
        assert site.shell is not None
        ours = build(site)
        n = len(ours.shell)
        (there, up), (here, raised) = (
            shape(a, k, n) for a, k in ((atoms, metal), (ours.atoms, ours.centre[0]))
        )
        rows.append((str(site), f"{there:.3f}", f"{here:.3f}", f"{here - there:+.3f}",
                     f"{up:+.2f}", f"{raised:+.2f}"))  # fmt: skip
        errors.append((n, here - there, abs(raised) - abs(up)))
        if str(site.shell) == "N4":
            bonds[site.centre] = there
    print(markdown(("site", "relaxed, A", "built, A", "error, A", "height, A", "built, A"), rows))
    for n in (4, 3):
        mine = np.array([e[1:] for e in errors if e[0] == n])
        print(f"\n{n} neighbours ({len(mine)} sites): MAE {np.abs(mine[:, 0]).mean():.3f} A of the "
              f"bond, {np.abs(mine[:, 1]).mean():.2f} A of the height")  # fmt: skip
    print("\nM-N4, metals left out of each line; errors in A\n")
    print(lines_table(bonds))


if __name__ == "__main__":
    main()
