"""`sacml predict`."""

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from sacml.cli import options as o
from sacml.cli.options import number
from sacml.errors import SacmlError

if TYPE_CHECKING:
    from sacml.workflows import PredictionRow


def predict(
    sites: Annotated[
        list[str] | None,
        typer.Argument(
            help='Sites, e.g. "Co-N4@graphene" "Fe+Ni-N6@graphene", or names of systems of the '
            'review, e.g. "SAFe@NC".'
        ),
    ] = None,
    alkali: Annotated[str | None, typer.Option("--alkali", "-a", help="Li, Na or K.")] = None,
    file: Annotated[
        str | None, typer.Option("--file", "-f", help="CSV with a column site (and alkali, ...).")
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="Write the predictions to this CSV.")
    ] = None,
    current: o.Current = None,
    capacity: o.Capacity = None,
    temperature: o.Temperature = None,
    electrolyte: o.Electrolyte = None,
    cell: o.Cell = None,
    role: o.Role = None,
    assume: Annotated[
        bool,
        typer.Option(
            "--assume/--no-assume",
            help="Assume 3 mA cm-2 and 3 mAh cm-2 where they are not given.",
        ),
    ] = True,
    level: o.Level = 0.9,
    models: o.Models = None,
    json: o.Json = False,
) -> None:
    """Predict binding energy, nucleation overpotential and cycle life, with intervals.

    Example: sacml predict "Co-N4@graphene" --alkali Li
    """
    from sacml.domain import STANDARD
    from sacml.workflows import candidate_files
    from sacml.workflows.predict import predict as run
    from sacml.workflows.predict import predict_table

    if bool(sites) == bool(file):
        raise SacmlError('name sites (e.g. sacml predict "Co-N4@graphene" --alkali Li) or --file')
    given = o.conditions(current, capacity, temperature, electrolyte, cell, role)
    standard = STANDARD if assume else None
    if file:
        if str(given):
            raise SacmlError("conditions of a --file stand in its columns, not in options")
        rows: Iterable[PredictionRow] = predict_table(
            file, alkali, assume=standard, level=level, models=models
        )
    else:
        if alkali is None:
            raise SacmlError("name the alkali metal: --alkali Li, --alkali Na or --alkali K")
        rows = run(sites or [], alkali, given, assume=standard, level=level, models=models)
    if out:
        n = candidate_files.write_csv(rows, out)
        print(f"wrote {n} predictions to {out}")
    elif json:
        print(candidate_files.to_json(rows))
    else:
        _show(list(rows))


def _show(rows: "list[PredictionRow]") -> None:
    for candidate, group in groupby(rows, key=lambda r: r.candidate):
        print(f"{candidate.site} with {candidate.alkali}")
        for row in group:
            _show_row(row)
        print()


def _show_row(row: "PredictionRow") -> None:
    flag = "in domain" if row.in_domain else "OUT OF DOMAIN"
    interval = f"[{number(row.lower)}, {number(row.upper)}]"
    print(
        f"  {row.target:<26}{number(row.value):>8} {row.unit:<4}"
        f"{row.level:.0%} {interval:<20} {flag}"
    )
    if row.target == "binding_energy":
        print("    PBE, against the isolated neutral atom; negative binds")
    if "against_bulk_eV" in row.extra:
        print(f"    against the bulk metal     {row.extra['against_bulk_eV']:+.2f} eV")
    if "against_graphene_eV" in row.extra:
        print(f"    against pristine graphene  {row.extra['against_graphene_eV']:+.2f} eV")
    conditions = row.candidate.conditions
    for name in row.assumed:
        print(f"    assumed: {name} = {getattr(conditions, name):g}")
    for reason in row.reasons:
        print(f"    {reason}")
    print(f"    model: {row.model}")
