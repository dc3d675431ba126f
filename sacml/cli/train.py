"""`sacml train`."""

from typing import Annotated

import typer


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
) -> None:
    """Compare the models on grouped folds, keep what wins, track it and write the report."""
    from sacml.workflows.progress import fold_bar
    from sacml.workflows.train import train as run

    with fold_bar() as on_fold:
        run(
            config,
            folder=out,
            tracking_uri=tracking_uri,
            track=track,
            report=report,
            say=print,
            on_fold=on_fold,
        )
