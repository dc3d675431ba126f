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
    from sacml.workflows.prediction_rows import Refined


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
    refine: Annotated[
        bool, typer.Option("--refine", help="Ask the refine models too, and show both answers.")
    ] = False,
    modifier: Annotated[
        str | None,
        typer.Option(
            "--modifier",
            help="What a host without metal centres carries, e.g. compound, nanoparticle:Ag or "
            "alloy:Li-Sn.",
        ),
    ] = None,
    structures: Annotated[
        str | None,
        typer.Option(
            "--structures", "-s", help="Own structures, by a model of `sacml train --structures`."
        ),
    ] = None,
    adsorbate: Annotated[
        str | None, typer.Option("--adsorbate", help="Key of the adsorbate's name in --structures.")
    ] = None,
    leave_out_bad: Annotated[
        bool, typer.Option("--leave-out-bad", help="List frames that cannot be used, and go on.")
    ] = False,
    models: o.Models = None,
    json: o.Json = False,
) -> None:
    """Predict binding energy, nucleation overpotential and cycle life, with intervals.

    Example: sacml predict "Co-N4@graphene" --alkali Li --refine
    """
    from sacml.domain import STANDARD
    from sacml.workflows import candidate_files
    from sacml.workflows.predict import predict as run
    from sacml.workflows.predict import predict_table

    if structures is not None:
        from sacml.cli import samples

        samples.predict(
            structures, models, adsorbate=adsorbate, leave_out_bad=leave_out_bad, out=out,
            json=json, given={"sites": sites, "file": file, "alkali": alkali, "refine": refine,
                   "modifier": modifier, "current_density": current, "areal_capacity": capacity},
        )  # fmt: skip
        return
    if adsorbate or leave_out_bad:
        raise SacmlError("--adsorbate and --leave-out-bad go with --structures")
    if bool(sites) == bool(file):
        raise SacmlError('name sites (e.g. sacml predict "Co-N4@graphene" --alkali Li) or --file')
    given = o.conditions(current, capacity, temperature, electrolyte, cell, role)
    standard = STANDARD if assume else None
    if file:
        if str(given):
            raise SacmlError("conditions of a --file stand in its columns, not in options")
        rows: Iterable[PredictionRow] = predict_table(
            file, alkali, assume=standard, level=level, models=models, refine=refine,
            modifier=modifier,
        )  # fmt: skip
    else:
        if alkali is None:
            raise SacmlError("name the alkali metal: --alkali Li, --alkali Na or --alkali K")
        rows = run(
            sites or [], alkali, given, assume=standard, level=level, models=models, refine=refine,
            modifier=modifier,
        )  # fmt: skip
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
    print(f"  {row.target:<26}{_figures(row, row)}")
    if row.reference:
        print(f"    {row.reference}; negative binds")
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
    if row.refined is not None:
        _show_refined(row, row.refined)


def _figures(row: "PredictionRow", answer: "PredictionRow | Refined") -> str:
    flag = "in domain" if answer.in_domain else "OUT OF DOMAIN"
    interval = f"[{number(answer.lower)}, {number(answer.upper)}]"
    return f"{number(answer.value):>8} {row.unit:<4}{row.level:.0%} {interval:<20} {flag}"


def _show_refined(row: "PredictionRow", refined: "Refined") -> None:
    if refined.same_model:
        print("    refine: the same model serves both roles")
        return
    print(f"    {'refine':<24}{_figures(row, refined)}")
    for reason in refined.reasons:
        print(f"      {reason}")
    overlap = "overlap" if refined.overlaps(row) else "DO NOT OVERLAP"
    change = refined.difference(row)
    print(f"      refine minus screen: {change:+.3g} {row.unit}; the intervals {overlap}")
    print(f"      model: {refined.model}")
