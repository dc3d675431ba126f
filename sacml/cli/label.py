"""`sacml label`: compute labels, on one machine or on many."""

import json as json_module
import os
import sys
import time
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from sacml.cli import options as o

if TYPE_CHECKING:
    from sacml.workflows.label import CampaignRun

app = typer.Typer(
    help="Compute binding energies with a physics engine; what is done is never lost.",
    no_args_is_help=True,
)
Folder = Annotated[str, typer.Argument(help="Folder of the campaign.")]


@app.command("run")
def run(
    config: Annotated[str, typer.Argument(help="TOML file that declares the campaign.")],
    out: Annotated[str, typer.Option("--out", "-o", help="Folder of the campaign.")],
    workers: Annotated[int, typer.Option("--workers", "-w", help="Tasks at once.")] = 1,
    stop_after: Annotated[
        int | None, typer.Option("--stop-after", help="Begin at most so many tasks.")
    ] = None,
    hours: Annotated[
        float | None, typer.Option("--hours", help="Begin no task after so many hours.")
    ] = None,
    dask: o.Dask = None,
    variant: Annotated[
        list[str] | None,
        typer.Option("--variant", help="Only this variant of the campaign (repeatable)."),
    ] = None,
) -> None:
    """Begin a campaign, or go on with it; run it again on the same folder for more workers.

    Ctrl-C, SIGTERM and `sacml label stop` end it after the tasks in hand; a second Ctrl-C at once.
    The variants of a campaign are computed one after the other, each in a folder of its own in
    OUT; --stop-after counts for each of them.

    Example: sacml label run experiments/campaign.toml --out runs/labels --workers 2
    """
    from sacml.cli.follow import TaskLines
    from sacml.executors import dask_executor
    from sacml.labels.status import live_table
    from sacml.workflows.label import run_campaigns

    limit = None if hours is None else hours * 3600
    try:
        with (
            dask_executor(dask) if dask else nullcontext() as executor,
            live_table(TaskLines(partial(print, flush=True))) as show,
        ):
            found = run_campaigns(
                config, out, workers, variants=variant, executor=executor, stop_after=stop_after,
                time_limit_s=limit, on_status=show, on_start=_begun,
            )  # fmt: skip
    except KeyboardInterrupt:
        print("sacml: interrupted; the tasks in hand are given back", file=sys.stderr)
        # the threads still wait for engines, which end with this process
        os._exit(130)
    for run in found:
        for line in run.status.lines():
            print(line)
    if any(r.status.failures and not r.status.counts["done"] for r in found):
        raise typer.Exit(3)


def _begun(run: "CampaignRun") -> None:
    for candidate, reason in run.refused:
        print(f"not computed: {candidate}: {reason}", file=sys.stderr)
    if run.warning:
        print(f"warning: {run.warning}", file=sys.stderr)
    counts = ", ".join(f"{n} {state}" for state, n in run.status.counts.items())
    if run.variant:
        print(f"variant {run.variant}, in {run.status.folder}")
    print(f"{run.status.total} tasks, {run.new} of them new: {counts}", flush=True)


@app.command("status")
def status(
    folder: Folder,
    watch: Annotated[bool, typer.Option("--watch", help="Follow until nothing is left.")] = False,
    json: o.Json = False,
) -> None:
    """Say how far a campaign is, who works on what, and how long it will take.

    Example: sacml label status runs/labels --watch
    """
    from sacml.labels.status import live_table
    from sacml.workflows.label import campaign_status

    found = campaign_status(folder)
    with live_table() as show:
        while watch and not found.is_complete:
            show(found)
            time.sleep(2.0)
            found = campaign_status(folder)
    if json:
        print(json_module.dumps(found.to_dict(), indent=2))
        return
    for line in found.lines():
        print(line)


@app.command("table")
def table(
    folder: Folder,
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="Write the tables and structures here.")
    ] = None,
    d3: Annotated[
        bool, typer.Option("--d3/--no-d3", help="Compute the D3(BJ) share too (needs dftd3).")
    ] = True,
) -> None:
    """Show the labels of a campaign, and write them as tables.

    Example: sacml label table runs/labels --out runs/labels/tables
    """
    from sacml.workflows.label import campaign_tables

    found = campaign_tables(folder, out, d3)
    if found.labels:
        print(
            f"{'site':<32}{'alkali':<8}{'atom_eV':>9}{'bulk_eV':>9}{'graphene_eV':>13}"
            f"{'atom+D3_eV':>12}{'metal_eV':>10}  starts"
        )
    for label in found.labels:
        energies = (
            f"{_number(label.binding_energy_atom_eV):>9}{_number(label.binding_energy_bulk_eV):>9}"
            f"{_number(label.relative_to_graphene_eV):>13}"
            f"{_number(label.binding_energy_atom_d3_eV):>12}{_number(label.metal_stability_eV):>10}"
        )
        flags = f"  {'; '.join(label.flags)}" if label.flags else ""
        print(f"{label.site:<32}{label.alkali:<8}{energies}  {label.starts_tried}{flags}")
    for load in found.loadings:
        print(
            f"{load.count} {load.alkali} on {load.site}: each {load.mean_binding_atom_eV:.2f} eV "
            f"against the atom, {_number(load.mean_binding_bulk_eV)} eV against the bulk; largest "
            f"bond change {load.largest_bond_change_A:.3f} A"
        )
    for reason in sorted({la.d3_status for la in found.labels} - {"computed", "not asked for"}):
        print(f"D3: {reason}", file=sys.stderr)
    for candidate, reason in found.refused:
        print(f"no label: {candidate}: {reason}", file=sys.stderr)
    if out is not None:
        print(f"wrote binding.csv, calculations.csv, refused.csv and structures.extxyz to {out}")
    elif not found.labels:
        print("no label yet")


def _number(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


@app.command("compare")
def compare(
    config: Annotated[str, typer.Argument(help="TOML file of a campaign with variants.")],
    out: Annotated[str, typer.Option("--out", "-o", help="Folder the variants were run into.")],
    csv: Annotated[str | None, typer.Option("--csv", help="Write the table here as CSV.")] = None,
) -> None:
    """Tabulate the change of each binding energy from variant to variant, and what is missing.

    Example: sacml label compare experiments/noise_floor.toml --out runs/noise_floor
    """
    from sacml.labels.table import write_rows
    from sacml.workflows.label import compare_variants

    found = compare_variants(config, out)
    print(
        f"{'site':<28}{'alkali':<8}{'variant':<16}{'atom_eV':>9}{'change_eV':>11}  against  state"
    )
    for c in found:
        print(
            f"{c.site:<28}{c.alkali:<8}{c.variant:<16}{_number(c.binding_energy_eV, 3):>9}"
            f"{_number(c.change_eV, 3):>11}  {c.against or '-':<8} {c.state}"
        )
    if csv is not None:
        write_rows(csv, [c.to_dict() for c in found])
        print(f"wrote {csv}")


@app.command("stop")
def stop(folder: Folder) -> None:
    """Ask every run on a campaign to end after the tasks in hand.

    Example: sacml label stop runs/labels
    """
    from sacml.workflows.label import stop_campaign

    stop_campaign(folder)
    print(f"asked every run on {folder} to end after the tasks in hand")
