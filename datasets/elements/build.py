"""Build `elements.csv` and `schema.json` from libraries and cited small tables.

Run in an environment of its own; the package itself never needs these libraries::

    python -m venv elements-env
    elements-env/bin/pip install mendeleev==1.3.0 smact==4.0.2 scipy
    elements-env/bin/python datasets/elements/build.py

No value stands in this script. Cells without a source stay empty. The digest in
`elements.sha256` is not touched: a changed table has to be accepted by hand (`--accept`).
"""

import argparse
import csv
import hashlib
import json
import tomllib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mendeleev
import smact
from scipy.constants import N_A, e

HERE = Path(__file__).resolve().parent
LIBRARIES = ("mendeleev", "smact", "scipy")

# fmt: off
SYMBOLS = (
    "H", "Li", "Be", "B", "C", "N", "O", "F", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "K", "Ca",
    "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Sr",
    "Y", "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I", "Ba",
    "La", "Ce", "Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi",
)
NONMETALS = frozenset(["H", "C", "N", "O", "F", "P", "S", "Cl", "Se", "Br", "I"])
"""No metallic radius, and no cation that would be met in a catalyst."""
# fmt: on
REFERENCE_FORM = {"Sn": "white", "P": "white", "Se": "gray", "S": "monoclinic"}
"""Which form's melting point is taken where several are tabulated."""
SAME_ENTRY = 0.25
"""Largest relative difference at which two revisions are taken to quote the same price."""


def read_source(name: str) -> list[dict[str, str]]:
    """Rows of a small table; its first line is a comment naming the source."""
    lines = (HERE / "sources" / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def angstrom(pm: float | None) -> float | None:
    return None if pm is None else round(pm / 100, 4)


def rounded(value: float | None, digits: int = 6) -> float | None:
    """Drop the last bits of binary rounding, which the stored values carry (1.3019999999)."""
    return None if value is None else round(value, digits)


def shell_counts(el: Any) -> dict[str, int]:
    """Valence electrons by subshell; filled d and f shells of later elements count as core."""
    shells = {(n, sub): count for (n, sub), count in el.ec.conf.items()}
    n, deep = el.period, el.block in "df"
    counts = {
        "s_electrons": shells.get((n, "s"), 0),
        "p_electrons": shells.get((n, "p"), 0),
        "d_electrons": shells.get((n - 1, "d"), 0) if deep else 0,
        "f_electrons": shells.get((n - 2, "f"), 0) if el.block == "f" else 0,
    }
    if sum(counts.values()) != el.nvalence():
        raise SystemExit(f"{el.symbol}: counted {counts}, the library says {el.nvalence()}")
    return {"valence_electrons": sum(counts.values()), **counts}


def ionic_radius(el: Any) -> tuple[float | None, int | None]:
    """Shannon radius for six neighbours and the lowest positive charge, high spin if split."""
    rows = [r for r in el.ionic_radii if r.coordination == "VI" and r.charge > 0]
    if el.symbol in NONMETALS or not rows:
        return None, None
    charge = min(r.charge for r in rows)
    found = {r.spin or "": r.ionic_radius for r in rows if r.charge == charge}
    return angstrom(found.get("HS", found.get(""))), charge


def melting_point(el: Any) -> float | None:
    forms = [p for p in el.phase_transitions if not p.is_transition]
    if el.symbol in REFERENCE_FORM:
        forms = [p for p in forms if p.allotrope == REFERENCE_FORM[el.symbol]]
    if len(forms) != 1:
        raise SystemExit(f"{el.symbol}: {len(forms)} melting points; name the form to take")
    return rounded(forms[0].melting_point, 3)


def price(el: Any, years: dict[str, dict[str, str]]) -> tuple[float | None, int | None]:
    """Price, and its year where the dated snapshot still holds the same entry."""
    usd, row = el.price_per_kg, years.get(el.symbol)
    if usd is None or row is None:
        return usd, None
    same = abs(float(row["snapshot_price_usd_per_kg"]) / usd - 1) <= SAME_ENTRY
    return usd, int(row["year"]) if same else None


def eu_status() -> Callable[[str, str], int | None]:
    rows = read_source("eu_2024_1252.csv")

    def status(symbol: str, annex: str) -> int | None:
        named = {r["named_as"] for r in rows if r[annex] == "1" and symbol in r["elements"].split()}
        if named & {"element", "group"}:
            return 1
        return None if named else 0

    return status


def build_rows() -> list[dict[str, Any]]:
    """All rows in order of atomic number."""
    years = {r["symbol"]: r for r in read_source("price_years.csv")}
    hazard = {s: r["class"] for r in read_source("ich_q3d_r2.csv") for s in r["elements"].split()}
    eu = eu_status()
    rows = []
    for symbol in SYMBOLS:
        el, supply = mendeleev.element(symbol), smact.Element(symbol)
        radius, charge = ionic_radius(el)
        usd, year = price(el, years)
        affinity, atomization = el.electron_affinity, el.heat_of_formation
        rows.append(
            {
                "symbol": el.symbol,
                "name": el.name,
                "atomic_number": el.atomic_number,
                "group": el.group_id,
                "period": el.period,
                "block": el.block,
                "atomic_mass_u": el.atomic_weight,
                "covalent_radius_A": angstrom(el.covalent_radius_cordero),
                "metallic_radius_A": None
                if symbol in NONMETALS
                else angstrom(el.metallic_radius_c12),
                "ionic_radius_A": radius,
                "ionic_radius_charge": charge,
                "electronegativity_pauling": el.en_pauling,
                "electronegativity_allen_eV": rounded(el.en_allen),
                "first_ionization_energy_eV": rounded(el.ionenergies.get(1)),
                "second_ionization_energy_eV": rounded(el.ionenergies.get(2)),
                # a negative entry describes a metastable anion, which is another quantity
                "electron_affinity_eV": rounded(affinity) if affinity and affinity > 0 else None,
                "dipole_polarizability_au": el.dipole_polarizability,
                **shell_counts(el),
                "unpaired_electrons": el.ec.unpaired_electrons(),
                "cohesive_energy_eV": rounded(atomization and atomization * 1000 / (N_A * e), 4),
                "melting_point_K": melting_point(el),
                "crustal_abundance_mg_per_kg": el.abundance_crust,
                "price_usd_per_kg": usd,
                "price_year": year,
                "hhi_production": supply.HHI_p,
                "hhi_reserves": supply.HHI_r,
                "eu_critical_raw_material": eu(symbol, "annex_2_critical"),
                "eu_strategic_raw_material": eu(symbol, "annex_1_strategic"),
                "ich_q3d_class": hazard.get(symbol),
            }
        )
    return sorted(rows, key=lambda r: r["atomic_number"])


def build_schema(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Describe every column, with its gaps; stops at a value outside the column's range."""
    described = tomllib.loads((HERE / "sources" / "columns.toml").read_text(encoding="utf-8"))
    if list(described) != list(rows[0]):
        raise SystemExit(f"columns.toml and the rows differ: {set(described) ^ set(rows[0])}")
    columns = []
    for name, about in described.items():
        low, high = about.get("range", (None, None))
        allowed = about.get("allowed")
        for row in rows:
            value = row[name]
            outside = low is not None and value is not None and not low <= value <= high
            if outside or (allowed and value is not None and value not in allowed):
                raise SystemExit(f"{row['symbol']}, {name}: {value!r} is outside {about}")
        gaps = [row["symbol"] for row in rows if row[name] is None]
        library = about.get("library")
        columns.append(
            {
                "name": name,
                "unit": about.get("unit"),
                "description": about["description"],
                "source": about["source"],
                "library": f"{library} {version(library)}" if library else None,
                "year": about.get("year"),
                "dtype": about["dtype"],
                "range": about.get("range"),
                "allowed": allowed,
                "gaps": len(gaps),
                "gap_symbols": gaps,
            }
        )
    built_with = {name: version(name) for name in LIBRARIES}
    return {"rows": len(rows), "built_with": built_with, "columns": columns}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    parser.add_argument("--accept", action="store_true", help="also write the new digest")
    args = parser.parse_args()
    print(", ".join(f"{name} {version(name)}" for name in LIBRARIES))

    rows = build_rows()
    schema = build_schema(rows)
    table = args.out / "elements.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    text = json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
    (args.out / "schema.json").write_text(text, encoding="utf-8")

    for column in schema["columns"]:
        if column["gaps"]:
            print(f"{column['name']}: {column['gaps']} gaps: {' '.join(column['gap_symbols'])}")
    digest = hashlib.sha256(table.read_bytes()).hexdigest()
    print(f"{len(rows)} rows, sha256 {digest}")
    if args.accept:
        (args.out / "elements.sha256").write_text(f"{digest}  elements.csv\n", encoding="utf-8")


if __name__ == "__main__":
    main()
