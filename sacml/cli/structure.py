"""`sacml structure`: sites as atoms, files, pictures and DFT inputs."""

import json as json_module
import sys
from typing import Annotated

import typer

from sacml.cli import options as o


def structure(
    sites: Annotated[list[str], typer.Argument(help='Sites, e.g. "Co-N4@graphene".')],
    out: Annotated[str, typer.Option("--out", "-o", help="Folder to write into.")],
    alkali: Annotated[str | None, typer.Option("--alkali", "-a", help="Li, Na or K.")] = None,
    place: Annotated[
        str | None,
        typer.Option("--place", help="Where the alkali stands, e.g. ring6 or top; or all."),
    ] = None,
    formats: Annotated[
        str, typer.Option("--formats", help="Any of extxyz, cif, poscar.")
    ] = "extxyz,cif,poscar",
    inputs: Annotated[
        str, typer.Option("--inputs", help="DFT inputs: any of vasp, espresso, cp2k, gpaw.")
    ] = "",
    picture: Annotated[
        bool, typer.Option("--picture/--no-picture", help="Draw a PNG, top and side.")
    ] = True,
    view: Annotated[
        bool, typer.Option("--view", help="Write a 3D view as HTML too (5 MB each).")
    ] = False,
    json: o.Json = False,
) -> None:
    """Build sites as atoms and write one folder for each structure.

    Example: sacml structure "Co-N4@graphene" --alkali Li --out structures --inputs gpaw
    """
    from sacml.workflows.structure import SCHEMA, write_structures

    run = write_structures(
        sites, out, alkali, place, formats=o.comma_list(formats), inputs=o.comma_list(inputs),
        picture=picture, view=view,
    )  # fmt: skip
    if json:
        found = [{"folder": str(w.folder), **w.record} for w in run.written]
        refused = [{"site": site, "reason": reason} for site, reason in run.refused]
        print(json_module.dumps({"schema": SCHEMA, "structures": found, "refused": refused}))
        return
    for written in run.written:
        record = written.record
        on = f" with {record['alkali']} on {record['place']}" if record["alkali"] else ""
        print(f"{record['site']}{on}: {record['n_atoms']} atoms, id {record['id']}")
        print(f"  {written.folder}")
        for sentence in record["idealisation"]:
            print(f"  idealised: {sentence}")
    for site, reason in run.refused:
        print(f"not built: {site}: {reason}", file=sys.stderr)
