"""Make the tables of this folder from finished calculations, whoever ran them.

    python datasets/dft/build.py                   # from campaign/results and campaign/labels here
    python datasets/dft/build.py --campaign FOLDER              # another folder in its format
    python datasets/dft/build.py --labels runs/labels --labels runs/fine_mesh
    python datasets/dft/build.py --out /tmp/dft                 # elsewhere, this folder untouched

``--labels`` takes folders of `sacml label` beside those of ``campaign/labels``. At the protocol's
own settings they extend the labels: a pair found in both is one label, the lowest start at the
identical level. At other settings they are a level of their own, never pooled, and measure the
noise floor. Energies in eV, lengths in A, forces in eV/A. Formulae::

    E_atom(A) = E(site+A) - E(site) - E(A, isolated)     E_bulk(A) = E_atom(A) + E_coh(A)
    relative  = E_atom(site) - E_atom(@graphene)         E_M = E(site) - E(empty site) - E(M)
"""

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from ase.io import write  # noqa: E402
from build_calculation import Calculation  # noqa: E402
from build_campaign import read_campaign  # noqa: E402
from build_card import write_card  # noqa: E402
from build_labels import read_labels, read_loadings  # noqa: E402
from build_tables import (  # noqa: E402
    BINDING,
    CALCULATIONS,
    STABILITY,
    Pool,
    binding_rows,
    calculation_rows,
    stability_rows,
    structures,
)

from sacml.labels.loading import COLUMNS as LOADINGS  # noqa: E402

DIGITS = {
    "energy_eV": 6, "free_energy_eV": 6, "d3_share_atom_eV": 3, "d3_share_bulk_eV": 3, "seconds": 1,
    "cutoff_eV": 0, "smearing_width_eV": 2, "mixer_beta": 2,
}  # fmt: skip


def read_all(campaign: Path | None, labels: Sequence[Path]) -> list[Calculation]:
    """Read every source; keys are unique over all of them."""
    found = [] if campaign is None else read_campaign(campaign)
    for folder in labels:
        found += read_labels(folder)
    twice = [key for key, n in Counter(c.key for c in found).items() if n > 1]
    if twice:
        raise SystemExit(f"{twice[0]} and {len(twice) - 1} more stand in two folders of one name")
    return found


def build(
    campaign: Path | None, out: Path, labels: Sequence[Path] = (), loadings: Sequence[Path] = ()
) -> dict[str, int]:
    """Write every table; returns the number of rows of each.

    Parameters
    ----------
    loadings
        Folders of `sacml label` of which only the labels of several atoms are taken.
    """
    pool = Pool(read_all(campaign, labels))
    binding, _ = binding_rows(pool)
    tables = {
        "binding": (BINDING, binding),
        "calculations": (CALCULATIONS, calculation_rows(pool)),
        "stability": (STABILITY, stability_rows(pool)),
        "loadings": (LOADINGS, [row for f in (*labels, *loadings) for row in read_loadings(f)]),
    }
    frames = structures(pool)
    out.mkdir(parents=True, exist_ok=True)
    for name, (columns, rows) in tables.items():
        with (out / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(texts(rows, columns))
    with (out / "structures.extxyz").open("w", encoding="utf-8") as file:
        for atoms in frames:
            columns = ["symbols", "positions", *(c for c in ("F", "m") if c in atoms.arrays)]
            write(file, atoms, format="extxyz", columns=columns)
    pairs = {(r["site"], r["alkali"]) for r in binding if r["fidelity"] == "dft_own"}
    return {name: len(rows) for name, (_, rows) in tables.items()} | {
        "pairs": len(pairs), "structures": len(frames),
    }  # fmt: skip


def texts(rows: Iterable[dict[str, Any]], columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Write values with a fixed number of decimals; None stays empty."""
    return [{name: _text(row.get(name), DIGITS.get(name, 5)) for name in columns} for row in rows]


def _text(value: Any, digits: int) -> str:
    if isinstance(value, tuple):
        return " ".join(_text(v, digits) for v in value)
    if isinstance(value, float):
        return f"{value:.{digits}f}"
    return "" if value is None else str(value)


def kept(folder: Path) -> list[Path]:
    """Folders of `sacml label` that this repository keeps in a folder."""
    return sorted(p for p in folder.glob("*") if p.is_dir())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--campaign", type=Path, default=HERE / "campaign" / "results")
    parser.add_argument("--labels", type=Path, action="append", default=[])
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args()
    labels, loadings = (kept(HERE / "campaign" / name) for name in ("labels", "loadings"))
    print(build(given.campaign, given.out, [*labels, *given.labels], loadings))
    if (given.out / "README.md").exists():
        write_card(given.out)


if __name__ == "__main__":
    main()
