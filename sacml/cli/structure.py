"""`sacml structure`: sites as atoms, files, pictures and DFT inputs."""

import json as json_module
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sacml.cli import options as o
from sacml.errors import SacmlError

if TYPE_CHECKING:
    from sacml.structures import BuildOptions


def structure(
    sites: Annotated[
        list[str],
        typer.Argument(
            help='Sites, e.g. "Co-N4@graphene", or names of systems of the review, e.g. "ZnSAs".'
        ),
    ],
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
    repeat: Annotated[
        str | None, typer.Option("--repeat", help="Cells along a and b, e.g. 5x5.")
    ] = None,
    vacuum: Annotated[
        float | None, typer.Option("--vacuum", help="Height of the cell in Angstrom.")
    ] = None,
    moments: Annotated[
        str, typer.Option("--moments", help="Starting moments in Bohr magnetons, e.g. Fe=2,Co=1.")
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
        picture=picture, view=view, options=_options(repeat, vacuum, moments),
    )  # fmt: skip
    if json:
        found = [{"folder": str(w.folder), **w.record} for w in run.written]
        refused = [{"site": site, "reason": reason} for site, reason in run.refused]
        print(
            json_module.dumps(
                {
                    "schema": SCHEMA,
                    "structures": found,
                    "refused": refused,
                    "read": list(run.read),
                }
            )
        )
        return
    for note in run.read:
        print(note)
    for written in run.written:
        record = written.record
        on = f" with {record['alkali']} on {record['place']}" if record["alkali"] else ""
        print(f"{record['site']}{on}: {record['n_atoms']} atoms, id {record['id']}")
        print(f"  {written.folder}")
        for sentence in record["idealisation"]:
            print(f"  idealised: {sentence}")
    for site, reason in run.refused:
        print(f"not built: {site}: {reason}", file=sys.stderr)


def _options(repeat: str | None, vacuum: float | None, moments: str) -> "BuildOptions":
    """What the user set about the cell and the moments; the rest is the protocol's."""
    from sacml.structures import BuildOptions

    given: dict[str, Any] = {}
    if repeat is not None:
        a, _, b = repeat.lower().partition("x")
        if not (a.strip().isdecimal() and b.strip().isdecimal()):
            raise SacmlError(f"cannot read repeat {repeat!r}: write two whole numbers, e.g. 5x5")
        given["repeat"] = (int(a), int(b))
    if vacuum is not None:
        given["vacuum_A"] = vacuum
    found: dict[str, float] = {}
    for word in o.comma_list(moments):
        symbol, _, number = word.partition("=")
        try:
            found[symbol.strip()] = float(number)
        except ValueError:
            raise SacmlError(
                f"cannot read starting moment {word!r}: write element=number, e.g. Fe=2"
            ) from None
    return BuildOptions(**given, start_moments_mu_B=found)
