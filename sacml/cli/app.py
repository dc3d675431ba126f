"""The command-line application: its commands, and how errors reach a person."""

import sys
from typing import Annotated

import typer

from sacml import __version__
from sacml.cli import data, evaluate, label, loop, models, predict, propose, runs, structure, train
from sacml.errors import SacmlError

app = typer.Typer(
    name="sacml",
    help="Which single-atom catalyst to compute, make and test next for a dendrite-free "
    "lithium, sodium or potassium anode.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("evaluate")(evaluate.evaluate)
app.command("loop")(loop.loop)
app.command("predict")(predict.predict)
app.command("propose")(propose.propose)
app.command("structure")(structure.structure)
app.command("train")(train.train)
app.add_typer(data.app, name="data")
app.add_typer(label.app, name="label")
app.add_typer(models.app, name="models")
app.add_typer(runs.app, name="runs")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"sacml {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; a user's mistake prints one message and exits with 1."""
    try:
        app()
    except SacmlError as error:
        print(f"sacml: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("sacml: interrupted; what was already written stays", file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        # the reader of a pipe (head, less) has gone: that is no error
        sys.stderr.close()
        raise SystemExit(0) from None
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        print(
            f"sacml: {what}{error.strerror or error}; check the path and its permissions; what was "
            "already written stays",
            file=sys.stderr,
        )
        raise SystemExit(1) from None
