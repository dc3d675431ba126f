"""`sacml runs`: what was tracked, compared, merged and done again."""

import os
from math import isfinite, isnan
from typing import Annotated, Any

import typer

from sacml.cli import options as o

app = typer.Typer(help="Studies that were tracked with MLflow.", no_args_is_help=True)

Store = Annotated[
    str | None,
    typer.Option(
        "--tracking-uri", "-u",
        help="MLflow store; by default MLFLOW_TRACKING_URI or the sqlite file below runs/.",
    ),
]  # fmt: skip
RunName = Annotated[str, typer.Argument(help="Id of a run, its first digits, or its name.")]


def store_uri(given: str | None) -> str:
    """Return the store that is meant."""
    from sacml.tracking import default_uri

    return given or os.environ.get("MLFLOW_TRACKING_URI") or default_uri("runs")


@app.command("list")
def list_(
    target: Annotated[str | None, typer.Option(help="Only this target.")] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help="study, target, evaluation, fit, release, search, trial; default: studies."
        ),
    ] = None,
    status: Annotated[str | None, typer.Option(help="e.g. FINISHED, RUNNING, KILLED.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 30,
    store: Store = None,
    json: o.Json = False,
) -> None:
    """List runs, newest first: the studies, or what lies below them.

    Example: sacml runs list --target binding_energy --kind evaluation
    """
    from sacml.tracking import list_runs

    table = list_runs(store_uri(store))
    wanted = {"kind": kind or (None if target else "study"), "target": target, "status": status}
    for column, value in wanted.items():
        if value is not None:
            table = table[table[column] == value]
    shown = table.head(limit)
    if json:
        o.print_json("sacml.runs/1", runs=_plain(shown), n=len(table))
        return
    for run in shown.to_dict("records"):
        seconds = run["duration_s"]
        took = "" if isnan(seconds) else f"{seconds:.0f} s"
        figure = "" if isnan(run["mae_all"]) else f"MAE {run['mae_all']:.3g}"
        print(
            f"{run['run_id'][:8]}  {run['status']:<9}{run['start']:%Y-%m-%d %H:%M}  {took:>7}  "
            f"{run['kind'] or '':<11}{run['name']}  {figure}".rstrip()
        )
    if len(table) > limit:
        print(f"... and {len(table) - limit} more; --limit shows them")


@app.command("show")
def show(run: RunName, store: Store = None, json: o.Json = False) -> None:
    """Print everything that is known of one run."""
    from sacml.tracking.backend import quiet
    from sacml.tracking.payload import last_epochs
    from sacml.tracking.query import find_run, open_store

    client = open_store(store_uri(store))
    found = find_run(client, run)
    with quiet():
        files = sorted(f.path + "/" * f.is_dir for f in client.list_artifacts(found.info.run_id))
    tags = {k: v for k, v in sorted(found.data.tags.items()) if not k.startswith("mlflow.")}
    content: dict[str, Any] = {
        "run_id": found.info.run_id,
        "name": found.info.run_name,
        "status": found.info.status,
        "params": dict(sorted(found.data.params.items())),
        "tags": tags,
        "metrics": dict(sorted(found.data.metrics.items())),
        "files": files,
    }
    if json:
        o.print_json("sacml.run/1", **content)
        return
    print(f"{content['name']}\n{content['run_id']}  {content['status']}")
    epochs = "last epochs, mean over the members"
    content["metrics"], content[epochs] = last_epochs(content["metrics"])
    for part in ("params", "tags", "metrics", epochs):
        if content[part]:
            print(f"\n{part}")
        for key, value in content[part].items():
            shown = f"{value:.6g}" if isinstance(value, float) else value
            print(f"  {key:<34}{shown}")
    print("\nfiles\n  " + "\n  ".join(files) if files else "\nno files")


@app.command("compare")
def compare(
    runs: Annotated[list[str], typer.Argument(help="Two or more runs on the same folds.")],
    store: Store = None,
    json: o.Json = False,
) -> None:
    """Compare models record by record with the first one; refused where the folds differ."""
    from dataclasses import asdict

    from sacml.tracking.compare import compare_runs
    from sacml.tracking.query import find_run, open_store

    client = open_store(store_uri(store))
    found = compare_runs(client, [find_run(client, text) for text in runs])
    if json:
        o.print_json("sacml.compare/1", comparisons=[finite(asdict(c)) for c in found])
        return
    for c in found:
        what = "single-atom sites" if c.rows == "sac" else "all held-out rows"
        print(
            f"{c.run_id[:8]}  {c.name:<44}{what} ({c.n_records}): MAE {c.mae:.3f} {c.unit}, "
            f"difference {c.difference:+.3f} ({c.low:+.3f} to {c.high:+.3f})"
        )


@app.command("best")
def best(
    target: Annotated[str, typer.Argument(help="e.g. binding_energy")],
    split: Annotated[
        str | None, typer.Option(help="Default: the split that decides on the release.")
    ] = None,
    store: Store = None,
    json: o.Json = False,
) -> None:
    """Rank the models of a target on the newest folds, the lowest held-out error first."""
    from sacml.domain import target as look_up
    from sacml.tracking.query import best_runs

    table = best_runs(store_uri(store), look_up(target).name, split)
    left_out = table.attrs["left_out"]
    if json:
        o.print_json("sacml.best/1", runs=_plain(table), on_other_folds=left_out)
        return
    first = table.iloc[0]
    what = "single-atom sites" if first["rows"] == "sac" else "all held-out rows"
    print(f"{target}, {first['split']} ({first['split_digest'][:12]}), {what}")
    for run in table.to_dict("records"):
        print(
            f"{run['run_id'][:8]}  {run['model']:<22}{run['trained_on']:<5}MAE {run['mae']:.3f} "
            f"({run['mae_low']:.3f} to {run['mae_high']:.3f}) {run['mae_unit']}, "
            f"coverage {run['coverage']:.2f}"
        )
    if left_out:
        print(f"{left_out} runs on other folds are left out: they cannot be compared with these")


@app.command("merge")
def merge(
    other: Annotated[str, typer.Argument(help="Database made elsewhere, e.g. cluster/mlflow.db.")],
    store: Store = None,
    json: o.Json = False,
) -> None:
    """Bring the runs and models of another store into this one; again and again, if you like.

    Copy the folder mlflow-artifacts along with the database.
    """
    from dataclasses import asdict

    from sacml.tracking.merge import merge_runs

    merged = merge_runs(other, store_uri(store))
    if json:
        o.print_json("sacml.merge/1", **asdict(merged))
    else:
        print(merged.sentence)


@app.command("reproduce")
def reproduce(run: RunName, store: Store = None, json: o.Json = False) -> None:
    """Do a run again from its stored configuration and compare every figure.

    Exits with 3 where the figures are different.
    """
    from dataclasses import asdict

    from sacml.workflows.runs import reproduce as run_again

    found = run_again(store_uri(store), run, say=(lambda _: None) if json else print)
    if json:
        content = asdict(found)
        content["differences"] = [finite(d) for d in content["differences"]]
        o.print_json("sacml.reproduce/1", **content)
    else:
        print(f"{found.name}: {found.n_figures} figures, {found.verdict}")
        for d in found.differences[:20]:
            print(f"  {d.run}: {d.metric} {d.stored!r} then, {d.now!r} now")
        for text in found.changed:
            print(f"  not as it was: {text}")
    if found.verdict == "different":
        raise typer.Exit(3)


def finite(values: dict[str, Any]) -> dict[str, Any]:
    """Replace numbers that JSON cannot hold by None."""
    return {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in values.items()}


def _plain(table: Any) -> list[dict[str, Any]]:
    return [
        {k: v.isoformat() if k == "start" else v for k, v in finite(row).items()}
        for row in table.astype(object).where(table.notna(), None).to_dict("records")
    ]
