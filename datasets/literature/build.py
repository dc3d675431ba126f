"""Make records.csv, series.csv and differences.csv of this folder.

    python datasets/literature/build.py --source FOLDER [--out datasets/literature]

FOLDER holds the collected tables `records.csv` and `series.csv` in the schema of the collection
(one row per material and test, words of the collectors). What is ours is committed here:
`sites.csv` (record -> site in the line notation, and why), `curation.csv` (bounds, classes, notes
and other cells that were decided by hand) and the maps of words below.
"""

import argparse
import csv
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from sacml.data.cards import update_card  # noqa: E402
from sacml.data.catalogue import read_bundled  # noqa: E402
from sacml.data.controls import match_rows, write_differences  # noqa: E402
from sacml.data.derive import cumulative_capacity, hours_from_cycles  # noqa: E402
from sacml.data.importers.reader import read_records  # noqa: E402
from sacml.data.importers.units import conversion  # noqa: E402
from sacml.domain import Conditions  # noqa: E402

RECORDS = (
    "record_id", "site", "alkali", "modifier_class", "active_elements", "material",
    "current_density_mA_cm2", "areal_capacity_mAh_cm2", "temperature_C", "electrolyte", "cell",
    "role", "binding_energy_eV", "binding_energy_bound", "reference", "level_of_theory",
    "nucleation_overpotential_mV", "cycle_life_h", "cycle_life_bound",
    "cumulative_capacity_mAh_cm2", "cumulative_capacity_bound", "plating_overpotential_mV",
    "plating_overpotential_bound", "coulombic_efficiency_pct", "coulombic_efficiency_bound",
    "capacity_retention_pct", "capacity_retention_bound", "diffusion_barrier_eV",
    "desolvation_energy_eV", "derived", "fidelity", "is_control", "control_kind", "control_ids",
    "cycles", "c_rate_1_h", "transference_number", "unstated_overpotential_mV", "adsorbate",
    "adsorption_place", "coordination", "electrolyte_as_printed", "as_printed", "other_quantity",
    "source_group", "year", "citation", "read_in", "source_doi", "locator", "confidence",
    "not_for_fit", "notes",
)  # fmt: skip
SERIES = (
    "record_id", "site", "alkali", "modifier_class", "active_elements", "material",
    "binding_energy_eV", "reference", "level_of_theory", "fidelity", "role", "is_control",
    "control_kind", "series", "adsorbate", "coordination", "also_in", "source_group", "citation",
    "locator", "confidence", "notes",
)  # fmt: skip

ROLES = {
    "host": "host", "current collector": "current_collector", "interlayer": "interlayer",
    "separator": "separator", "coating": "coating", "artificial SEI": "artificial_sei",
    "interphase": "artificial_sei", "electrolyte additive": "electrolyte_additive",
    "electrolyte additive / interphase": "electrolyte_additive",
    "composite anode": "composite_anode", "hard-carbon anode (ion storage)": "ion_storage",
    "ion-storage electrode (theory)": "ion_storage", "electrolyte": "electrolyte",
    "solid electrolyte": "electrolyte", "substrate": "current_collector",
    "DFT reference substrate": "model", "MD reference substrate": "model",
    "solvation model": "model",
    # bare metal electrodes have no modifier and so no role
    "electrode": "", "Li foil": "", "": "",
}  # fmt: skip
ETHERS = r"\bDME\b|\bDOL\b|diglyme|\bG2\b|ether-based|^ether$"
# "ester-based" is what the field calls carbonate esters
CARBONATES = r"carbonate|\bEC\b|\bFEC\b|\bDEC\b|ester-based"
SOLIDS = r"solid|LATP|LLZTO|NASICON|NZSP"


def electrolyte_class(text: str) -> str:
    """Class of a printed electrolyte; empty where the solvent is not printed."""
    if re.search(SOLIDS, text):
        return "solid"
    if "ionic liquid" in text:
        return "other"
    if re.search(ETHERS, text):
        return "ether"
    return "carbonate" if re.search(CARBONATES, text) else ""


def plain_source(citation: str, locator: str) -> tuple[str, str]:
    """Reduce notes about where a secondary note is kept to the fact that it is one."""
    kept = r"[^;()]*GitHub repository, file id \d+"
    citation = re.sub(rf";\s*{kept}", "", citation)
    citation = re.sub(rf"\s*\({kept}\)", "", citation)
    if "GitHub" in locator:
        locator = "secondary note on the paper"
    return citation, locator


def electronvolts(text: str) -> str:
    """Convert a printed energy such as ``36.84 kJ/mol``."""
    value, unit = text.split(" ", 1)
    factor, _ = conversion(unit, "eV", "desolvation_energy")
    return f"{float(value) * factor:.6g}"


def energy_columns(row: dict[str, str]) -> dict[str, str]:
    """Reference state and level of theory of a printed binding energy."""
    if not row["binding_energy_eV"]:
        return {}
    if row["adsorbate_species"].endswith("+"):
        reference = "ion"
    else:
        isolated = "relative to isolated" in row["binding_energy_sign_note"]
        reference = "atom" if isolated else "unstated"
    return {
        "binding_energy_eV": row["binding_energy_eV"],
        "reference": reference,
        "level_of_theory": f"not stated ({row['source_group']})",
    }


def convert(row: dict[str, str], site: str) -> dict[str, str]:
    """Turn one collected row into our columns."""
    theory = row["cell_type"] == "DFT"
    citation, locator = plain_source(row["source_citation"], row["source_locator"])
    # only a reference of the review is printed in full
    named = re.match(r"\[ref \d+\] (.*)", row["primary_citation"])
    primary = named[1] if named else ""
    lower = row["cycle_life_is_lower_bound"] == "1"
    metal = "" if row["coordination"] in ("", "unknown") else row["coordination"]
    desolvation = row["desolvation_barrier"]
    return {
        **{c: row.get(c, "") for c in RECORDS},
        "site": site,
        "material": row["host"],
        "electrolyte": electrolyte_class(row["electrolyte"]) if row["electrolyte"] else "",
        "cell": "" if theory else row["cell_type"],
        "role": ROLES[row["role"]],
        "binding_energy_eV": "",
        **energy_columns(row),
        "cycle_life_bound": ("lower" if lower else "reported") if row["cycle_life_h"] else "",
        "desolvation_energy_eV": electronvolts(desolvation) if desolvation else "",
        "fidelity": "theory_literature" if theory else "experiment",
        "c_rate_1_h": re.sub(r"\s*C$", "", row["c_rate"]),
        "unstated_overpotential_mV": row["overpotential_type_unstated_mV"],
        "adsorbate": row["adsorbate_species"],
        "coordination": metal + (f", {row['coordination_number']} neighbours"
                                 if row["coordination_number"] else ""),
        "electrolyte_as_printed": row["electrolyte"],
        "as_printed": row["binding_energy_sign_note"] or desolvation,
        "citation": primary or citation,
        "read_in": citation if primary else "",
        "locator": locator,
        "notes": "",
    }  # fmt: skip


def add_derived(row: dict[str, str]) -> None:
    """Add the life that follows from cycles in a symmetric cell, and the cumulative capacity."""
    given = {c: float(row[c]) for c in ("current_density_mA_cm2", "areal_capacity_mAh_cm2")
             if row[c]}  # fmt: skip
    conditions = Conditions(**given, cell=row["cell"] or None)
    derived = []
    if not row["cycle_life_h"] and row["cell"] == "symmetric":
        hours = hours_from_cycles(row["cycles"], conditions)
        if hours is not None:
            row["cycle_life_h"] = f"{hours:.6g}"
            row["cycle_life_bound"] = row["cycle_life_bound"] or "reported"
            derived.append("cycle_life")
    if row["cycle_life_h"]:
        charge = cumulative_capacity(float(row["cycle_life_h"]), conditions)
        if charge is not None:
            row["cumulative_capacity_mAh_cm2"] = f"{charge:.6g}"
            row["cumulative_capacity_bound"] = row["cycle_life_bound"]
            derived.append("cumulative_capacity")
    row["derived"] = ";".join(derived)


def convert_series(row: dict[str, str], series_site: dict[str, str]) -> dict[str, str]:
    """Turn one row of a theory series into our columns."""
    pair = row["dopant_pair"]
    elements = re.findall(r"[A-Z][a-z]?", pair) or ([row["metal"]] if row["metal"] else [])
    paper = re.search(r"PMC\d+", row["source_locator"])
    copied = re.search(r"records\.csv (\S+)\.", row["notes"] + ".")
    pristine = not pair and not row["metal"]
    name = pair or row["metal"] or "none"
    kind = "support" if pristine else "heteroatom_doped_carbon"
    if row["support"].startswith("bare"):
        kind = "bare"
    if row["metal"]:
        kind = "single_atom"
    return {
        "record_id": f"{row['series_id']}/{name}",
        "site": series_site[f"{row['series_id']}/{name}"],
        "alkali": row["alkali"],
        "modifier_class": kind,
        "active_elements": "-".join(elements),
        "material": "; ".join(filter(None, (row["support"], row["coordination"]))),
        "binding_energy_eV": row["binding_energy_eV"],
        "reference": "unstated",
        "level_of_theory": row["method"],
        "fidelity": "theory_literature",
        "role": "model",
        "is_control": str(int(pristine)),
        "control_kind": "pristine support" if pristine else "",
        "series": row["series_id"],
        "adsorbate": row["adsorbate"],
        "coordination": row["coordination"],
        "also_in": copied[1] if row["also_in_records"] == "1" and copied else "",
        "source_group": paper[0] if paper else row["series_id"],
        "citation": f"article {paper[0]}" if paper else "Li et al., Green Chem. 2024, 26, 10366",
        "locator": row["source_locator"],
        "confidence": row["confidence"],
        "notes": "",
    }


def table(path: Path) -> list[dict[str, str]]:
    """Read a CSV file as texts."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def save(path: Path, columns: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def build(source: Path, out: Path) -> dict[str, int]:
    """Write the three tables; returns the number of rows of each."""
    sites = {r["record_id"]: r["site"] for r in table(HERE / "sites.csv")}
    rows = [convert(r, sites[r["record_id"]]) for r in table(source / "records.csv")]
    by_id = {r["record_id"]: r for r in rows}
    for cell in table(HERE / "curation.csv"):
        by_id[cell["record_id"]][cell["column"]] = cell["value"]
    for row in rows:
        add_derived(row)
    out.mkdir(parents=True, exist_ok=True)
    save(out / "records.csv", RECORDS, rows)
    # controls are matched on checked records, then written beside the rows they belong to
    dataset = read_records(out / "records.csv", "literature", lenient=True)
    for name, controls in match_rows(dataset.records).items():
        by_id[name]["control_ids"] = ";".join(controls)
    save(out / "records.csv", RECORDS, rows)
    series = [convert_series(r, sites) for r in table(source / "series.csv")]
    save(out / "series.csv", SERIES, series)
    dataset = read_records(out / "records.csv", "literature", lenient=True)
    found = write_differences(out / "differences.csv", dataset.records)
    return {"records": len(rows), "series": len(series), "differences": found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--source", type=Path, required=True, help="folder with the collection")
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args()
    print(build(given.source, given.out))
    if given.out.resolve() == HERE:
        update_card(HERE / "README.md", [read_bundled("literature"), read_bundled("series")])


if __name__ == "__main__":
    main()
