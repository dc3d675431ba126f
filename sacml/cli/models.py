"""`sacml models`: the released surrogates."""

from typing import Annotated

import typer

from sacml.cli import options as o

app = typer.Typer(help="The released surrogates.", no_args_is_help=True)


@app.command("list")
def list_models(json: o.Json = False) -> None:
    """List the released surrogates with the figures that chose them."""
    from sacml.domain import PRIMARY
    from sacml.models import load_released

    released = [load_released(name) for name in PRIMARY]
    if json:
        found = [
            {"target": s.target, "model": s.model, "trained_on": s.trained_on,
             "version": s.version, "choice": s.facts["evaluation"]["sentence"]}
            for s in released
        ]  # fmt: skip
        o.print_json("sacml.models/1", models=found)
        return
    for s in released:
        print(f"{s.target}: {s.model} trained on {s.trained_on}, version {s.version}")
        print(f"  {s.facts['evaluation']['sentence']}")


@app.command("show")
def show(
    target: Annotated[str, typer.Argument(help="e.g. binding_energy")], json: o.Json = False
) -> None:
    """Print the card of one released surrogate."""
    from sacml._resources import model_path
    from sacml.models import load_released

    s = load_released(target)  # an unknown target or an altered model is an error, not a card
    if json:
        o.print_json(
            "sacml.model/1", target=s.target, model=s.model, trained_on=s.trained_on,
            version=s.version, facts=dict(s.facts),
        )  # fmt: skip
        return
    print((model_path(target) / "MODEL_CARD.md").read_text(encoding="utf-8"))
