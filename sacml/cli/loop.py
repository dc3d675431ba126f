"""`sacml loop`."""

import os
import sys
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sacml.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sacml.workflows.loop.tables import Row


def loop(
    config: Annotated[
        str | None, typer.Option("--config", "-c", help="TOML file; options replace what it says.")
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            "--engine",
            help="gpaw, ase:MODULE:CLASS, or vasp, espresso, cp2k, which are handed out.",
        ),
    ] = None,
    budget: Annotated[
        int | None, typer.Option("--budget", "-n", help="Candidates to label in all.")
    ] = None,
    alkali: Annotated[
        str | None, typer.Option("--alkali", "-a", help="Alkali metals, which take turns: Li,Na,K.")
    ] = None,
    batch: Annotated[int | None, typer.Option("--batch", help="Candidates per round.")] = None,
    strategy: Annotated[
        str | None, typer.Option("--strategy", help="How candidates are chosen.")
    ] = None,
    space: Annotated[
        str | None, typer.Option("--space", help="TOML file that declares the design space.")
    ] = None,
    out: Annotated[str, typer.Option("--out", "-o", help="Folder of the loop.")] = "runs/loop",
    hand_out: Annotated[
        bool,
        typer.Option(
            "--hand-out", help="Write inputs and stop; called again, take the results back."
        ),
    ] = False,
    workers: Annotated[int, typer.Option("--workers", "-w", min=1, help="Tasks at once.")] = 1,
    dask: o.Dask = None,
    hours: Annotated[
        float | None, typer.Option("--hours", help="Begin no task after so many hours.")
    ] = None,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log to MLflow.")] = True,
    tracking_uri: Annotated[
        str | None, typer.Option("--tracking-uri", help="MLflow store; default: beside the folder.")
    ] = None,
    json: o.Json = False,
) -> None:
    """Propose, label, learn and propose again, until the budget is spent.

    Run it again on the same folder (--out is enough then): it goes on where it stopped. Each
    prediction is stored before its label, and the summary says how good it was.

    Example: sacml loop --config experiments/loop.toml --out runs/loop --workers 2
    """
    from sacml.cli.follow import TaskLines
    from sacml.executors import dask_executor
    from sacml.labels.status import live_table
    from sacml.workflows.loop import run_loop
    from sacml.workflows.loop.config import LoopConfig

    begun = Path(out, "config.toml")
    settings = LoopConfig.load(
        config or (begun if begun.is_file() else None), engine=engine, budget=budget, batch=batch,
        strategy=strategy, space=space, hand_out=hand_out or None,
        alkali=None if alkali is None else o.comma_list(alkali),
    )  # fmt: skip
    say = partial(print, file=sys.stderr if json else sys.stdout, flush=True)
    try:
        with (
            dask_executor(dask) if dask else nullcontext() as executor,
            live_table(TaskLines(say)) as show,
        ):
            found = run_loop(
                settings, out, workers=workers, executor=executor, say=say, on_status=show,
                time_limit_s=None if hours is None else hours * 3600, track=track,
                tracking_uri=tracking_uri,
            )  # fmt: skip
    except KeyboardInterrupt:
        print("sacml: interrupted; run the same command again to go on", file=sys.stderr)
        # the threads still wait for engines, which end with this process
        os._exit(130)
    if json:
        o.print_json(
            "sacml.loop.result/1", folder=out, ended=found.ended, message=found.message,
            warning=found.warning, labels=_plain(found.labels), rounds=_plain(found.course),
            files=[str(p) for p in found.files],
        )  # fmt: skip
        return
    print(found.message)
    for path in found.files:
        print(f"wrote {path}")


def _plain(rows: "Sequence[Row]") -> "list[Row]":
    """Infinite ends of an interval as text: JSON has no number for them."""
    from sacml.models.fitting import plain

    return [{k: plain(v) if isinstance(v, float) else v for k, v in row.items()} for row in rows]
