"""`sacml models`: the released surrogates."""

import json as json_module
from typing import Annotated

import typer

from sacml.cli import options as o

app = typer.Typer(help="The released surrogates.", no_args_is_help=True)


@app.command("list")
def list_models(json: o.Json = False) -> None:
    """List the released surrogates with the figures that chose them."""
    from sacml.domain import PRIMARY
    from sacml.models import store

    found = [{"target": name, **store.summary(store.released_path(name))} for name in PRIMARY]
    if json:
        print(json_module.dumps({"schema": "sacml.models/1", "models": found}, indent=2))
        return
    for entry in found:
        print(f"{entry['target']}: {entry['model_version']}")
        print(f"  {entry['choice']}")


@app.command("show")
def show(target: Annotated[str, typer.Argument(help="e.g. binding_energy")]) -> None:
    """Print the card of one released surrogate."""
    from sacml.domain import target as look_up
    from sacml.models import store

    look_up(target)
    print((store.released_path(target) / "MODEL_CARD.md").read_text(encoding="utf-8"))
