"""`sacml models`: the released surrogates, and those that a group registered with MLflow."""

from typing import TYPE_CHECKING, Annotated

import typer

from sacml.cli import options as o
from sacml.cli.runs import Store, store_uri

if TYPE_CHECKING:
    from sacml.tracking.registry import Version

app = typer.Typer(help="Released and registered surrogates.", no_args_is_help=True)

Which = Annotated[
    str, typer.Argument(help="e.g. binding_energy@challenger or binding_energy@3")
]  # fmt: skip


@app.command("list")
def list_models(
    registered: Annotated[
        bool, typer.Option("--registered", help="Those in the MLflow store instead.")
    ] = False,
    store: Store = None,
    json: o.Json = False,
) -> None:
    """List the surrogates that came with sacml, or those registered in an MLflow store."""
    if registered:
        _list_registered(store_uri(store), json)
        return
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


def _list_registered(uri: str, json: bool) -> None:
    from sacml.workflows.registry import list_versions

    found = list_versions(uri)
    if json:
        o.print_json("sacml.versions/1", versions=[_version(v) for v in found])
        return
    for v in found:
        aliases = f" ({', '.join(v.aliases)})" if v.aliases else ""
        print(
            f"{v.name}@{v.number}{aliases}: {v.tags['sacml.model']} trained on "
            f"{v.tags['sacml.trained_on']}, {v.tags.get('sacml.mae', 'no held-out rows')}"
        )
    if not found:
        print("no surrogate is registered; `sacml train` registers what it chooses")


def _version(v: "Version") -> dict[str, object]:
    return {"name": v.name, "version": v.number, "aliases": list(v.aliases), "tags": dict(v.tags),
            "run_id": v.run_id}  # fmt: skip


@app.command("show")
def show(
    target: Annotated[
        str, typer.Argument(help="e.g. binding_energy; binding_energy@3 of the MLflow store.")
    ],
    store: Store = None,
    json: o.Json = False,
) -> None:
    """Print the card of a surrogate: the released one, or with @ a registered version."""
    if "@" in target:
        from sacml.workflows.registry import show_version

        version, card = show_version(store_uri(store), target)
        if json:
            o.print_json("sacml.version/1", **_version(version))
        else:
            print(card)
        return
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


@app.command("promote")
def promote(which: Which, store: Store = None, json: o.Json = False) -> None:
    """Make the challenger the champion, if it wins on the stored grouped folds.

    Exits with 3 where it does not, and changes nothing then.
    """
    from sacml.cli.runs import finite
    from sacml.workflows.registry import promote as run

    verdict = run(store_uri(store), which)
    if json:
        figures = {"difference": verdict.difference, "low": verdict.low, "high": verdict.high}
        o.print_json(
            "sacml.promote/1", promoted=verdict.wins, why=verdict.sentence, **finite(figures)
        )
    else:
        print(f"{'promoted' if verdict.wins else 'not promoted'}: {verdict.sentence}")
    if not verdict.wins:
        raise typer.Exit(3)


@app.command("rollback")
def rollback(target: Which, store: Store = None) -> None:
    """Give the champion's place back to the version it was taken from."""
    from sacml.workflows.registry import roll_back

    old, new = roll_back(store_uri(store), target)
    print(f"champion of {new.name} is version {new.number} again, no longer {old.number}")


@app.command("export")
def export(
    which: Which,
    folder: Annotated[str, typer.Argument(help="Folder for it; TARGET is made below.")],
    store: Store = None,
) -> None:
    """Write a version as plain files that load without MLflow, and check them by loading."""
    from sacml.workflows.registry import export as run

    print(f"wrote {run(store_uri(store), which, folder)}")
    print(f'use it with: sacml predict "Co-N4@graphene" -a Li --models {folder}')


@app.command("import")
def import_(
    folder: Annotated[str, typer.Argument(help="Folder of one stored surrogate.")],
    store: Store = None,
) -> None:
    """Check a stored surrogate and register it as the challenger."""
    from sacml.workflows.registry import import_ as run

    version = run(store_uri(store), folder)
    print(f"{version.name}@{version.number} ({', '.join(version.aliases) or 'no alias'})")


@app.command("serve")
def serve(
    which: Which,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 5000,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    store: Store = None,
) -> None:
    """Serve a version over HTTP as `mlflow models serve` does, with bounded requests.

    Example: sacml models serve binding_energy@champion --port 5000
    """
    from sacml.workflows.serving import serve as run

    run(store_uri(store), which, host, port, workers)
