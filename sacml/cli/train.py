"""`sacml train`."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from sacml.cli import options as o

if TYPE_CHECKING:
    from sacml.workflows import StudyResult


def train(
    config: Annotated[
        str | None, typer.Option("--config", "-c", help="TOML file; the defaults without one.")
    ] = None,
    out: Annotated[str, typer.Option("--out", "-o", help="Folder for the results.")] = "runs/study",
    tracking_uri: Annotated[
        str | None, typer.Option(help="MLflow store; a sqlite file beside the results by default.")
    ] = None,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log to MLflow.")] = True,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write the report.")] = True,
    json: o.Json = False,
) -> None:
    """Compare the models on grouped folds, keep what wins, track it and write the report."""
    from sacml.workflows.progress import fold_bar
    from sacml.workflows.train import train as run

    with fold_bar() as on_fold:
        study = run(
            config,
            folder=out,
            tracking_uri=tracking_uri,
            track=track,
            report=report,
            say=partial(print, file=sys.stderr) if json else print,
            on_fold=on_fold,
        )
    if json:
        _print_json(study, report)


def _print_json(study: "StudyResult", report: bool) -> None:
    targets = {
        name: {
            "model": s.model,
            "trained_on": s.trained_on,
            "version": s.version,
            "choice": study.choices[name],
            "records": len(study.datasets[name]),
            "dataset_digest": study.datasets[name].digest,
        }
        for name, s in study.surrogates.items()
    }
    o.print_json(
        "sacml.study/1",
        name=study.name,
        folder=str(study.folder),
        report=str(study.folder / "report.html") if report else None,
        targets=targets,
        proposals={a: [str(p.candidate) for p in found] for a, found in study.proposals.items()},
    )
