"""`sacml evaluate`."""

import sys
from functools import partial
from typing import Annotated

import typer

from sacml.cli import options as o
from sacml.errors import SacmlError


def evaluate(
    parts: Annotated[
        list[str] | None,
        typer.Argument(help="What to make, e.g. verdicts nested learning; everything by default."),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option("--config", "-c", help="TOML file; simple models without one."),
    ] = None,
    out: Annotated[
        str, typer.Option("--out", "-o", help="Folder for tables, figures and what is done.")
    ] = "runs/evaluation",
    workers: Annotated[
        int, typer.Option("--workers", "-w", min=1, help="Processes that run the models.")
    ] = 1,
    dask: o.Dask = None,
    figures: Annotated[bool, typer.Option("--figures/--no-figures", help="Draw figures.")] = True,
    json: o.Json = False,
) -> None:
    """Judge the models at full depth: nested selection, statistics, curves and verdicts.

    What is finished is found again, so that an interrupted run goes on where it stopped.

    Example: sacml evaluate verdicts --config experiments/evaluation.toml
    """
    from sacml.executors import chosen
    from sacml.workflows.evaluate import PARTS
    from sacml.workflows.evaluate import evaluate as run
    from sacml.workflows.evaluate_bar import job_bar

    wrong = [p for p in parts or () if p not in PARTS]
    if wrong:
        raise SacmlError(f"no such part: {', '.join(wrong)}; parts are {', '.join(PARTS)}")
    say = partial(print, file=sys.stderr) if json else print
    with chosen(workers, dask) as executor, job_bar() as on_job:
        found = run(
            config,
            folder=out,
            parts=parts or tuple(PARTS),
            figures=figures,
            executor=executor,
            say=say,
            on_job=on_job,
        )
    if json:
        verdicts = found.tables.get("verdicts")
        o.print_json(
            "sacml.evaluation/1",
            folder=out,
            choices=dict(found.sentences),
            files=[str(p) for p in found.files],
            verdicts=None if verdicts is None else verdicts.to_dict("records"),
        )
        return
    for row in found.tables["verdicts"].to_dict("records") if "verdicts" in found.tables else ():
        print(f"\n{row['target']}: {row['figure']}: {row['model']}: {row['verdict'].upper()}")
        print(f"  found   {row['found']}\n  wanted  {row['wanted']}")
        if row["remark"]:
            print(f"  {row['remark']}")
