"""`sacml data import`: finished calculations to binding energies."""

import json as json_module
from typing import TYPE_CHECKING, Annotated

import typer

from sacml.cli import options as o

if TYPE_CHECKING:
    from sacml.data.importers.calculations import Imported

SCHEMA = "sacml.import/1"
SHOWN = 5
"""Entries named for each reason; the rest is counted."""


def import_data(
    path: Annotated[
        str,
        typer.Argument(help="Folder of VASP, QE, CP2K or GPAW runs, .extxyz, or ASE database."),
    ],
    mapping: Annotated[
        str | None,
        typer.Option("--mapping", help="CSV with entry, role, site, bare: what cannot be told."),
    ] = None,
    level_of_theory: Annotated[
        str,
        typer.Option(
            "--level-of-theory",
            help="What the files do not write, e.g. code=VASP;functional=PBE;u=none;"
            "dispersion=none;cutoff=520 eV;kpoints=3x3x1.",
        ),
    ] = "",
    adsorbate: Annotated[
        str, typer.Option("--adsorbate", help="What was adsorbed, e.g. Li or O,OH.")
    ] = "Li,Na,K",
    energy: Annotated[
        str | None, typer.Option("--energy", help="Key of the energy in .extxyz and databases.")
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="CSV to write, as `sacml data check` reads.")
    ] = None,
    json: o.Json = False,
) -> None:
    """Pair finished calculations to binding energies; everything refused is listed with its reason.

    Example: sacml data import runs_of_mine --level-of-theory "dispersion=none" --out own.csv
    """
    from sacml.data.importers.calculations import import_calculations, write_csv

    found = import_calculations(
        path, mapping=mapping, level_of_theory=level_of_theory,
        adsorbates=o.comma_list(adsorbate), energy=energy,
    )  # fmt: skip
    if json:
        print(json_module.dumps(_as_json(found), indent=2))
    else:
        _show(found)
    if out is not None:
        written = write_csv(found.dataset, out)
        if not json:
            print(f"written: {written} ({len(found.dataset)} records)")


def _as_json(found: "Imported") -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "entries": found.n_entries,
        "pairs": [
            {
                "adsorbed": p.adsorbed.entry_id,
                "bare": p.bare.entry_id,
                "adsorbate": p.adsorbate,
                "difference_eV": p.difference_eV,
                "level_of_theory": str(p.adsorbed.level),
                "remarks": list(p.remarks),
            }
            for p in found.pairs
        ],
        "records": [r.to_dict() for r in found.dataset],
        "left": [{"entry": x.entry_id, "reason": x.reason} for x in found.left],
    }


def _show(found: "Imported") -> None:
    print(
        f"{found.n_entries} calculations, {len(found.pairs)} pairs of a site with and without "
        f"adsorbate, {len(found.dataset)} binding energies"
    )
    for r in found.dataset:
        print(f"  {r.site!s:<28}{r.alkali:<3}{r.value:>9.3f} eV against the {r.reference}: "
              f"{r.record_id}")  # fmt: skip
        print(f"    {r.level_of_theory}")
    in_records = {r.row_id for r in found.dataset}
    for p in found.pairs:
        if p.adsorbed.entry_id not in in_records:
            print(f"  {p.adsorbate} on {p.bare.entry_id}: E(with) - E(without) = "
                  f"{p.difference_eV:.3f} eV, no reference taken off")  # fmt: skip
    if found.left:
        print(f"{len(found.left)} entries gave no value:")
    for reason, entries in _by_reason(found).items():
        more = len(entries) - SHOWN
        names = ", ".join(entries[:SHOWN]) + (f" and {more} more (--json)" if more > 0 else "")
        print(f"  {names}: {reason}")


def _by_reason(found: "Imported") -> dict[str, list[str]]:
    """Entries that gave no value, those of one reason together."""
    entries: dict[str, list[str]] = {}
    for x in found.left:
        entries.setdefault(x.reason, []).append(x.entry_id)
    return entries
