"""`sacml data`: what is there, from where, and what was refused."""

import json as json_module
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sacml.cli import options as o

if TYPE_CHECKING:
    from sacml.data import Dataset, Record

app = typer.Typer(help="The bundled records, and tables of your own.", no_args_is_help=True)


@app.command("list")
def list_data(json: o.Json = False) -> None:
    """List the bundled datasets with their counts."""
    from sacml.data import list_datasets, load_dataset

    entries = [(info, load_dataset(info.name)) for info in list_datasets()]
    if json:
        found = [{"name": i.name, "title": i.title, "licence": i.licence, "records": len(d),
                  "digest": d.digest, "targets": _per_target(d)} for i, d in entries]  # fmt: skip
        print(json_module.dumps({"schema": "sacml.datasets/1", "datasets": found}, indent=2))
        return
    for info, dataset in entries:
        print(f"{info.name}: {info.title} ({info.licence})")
        print(f"  {len(dataset)} records, {len(dataset.refused)} entries not used in full")
        for name, counts in _per_target(dataset).items():
            print(f"  {name:<26}{counts['records']:>5} records, {counts['sac']:>4} on single atoms")


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="literature, dft or series; see `sacml data list`.")],
    target: Annotated[str | None, typer.Option(help="Only this target.")] = None,
    alkali: Annotated[str | None, typer.Option("--alkali", "-a", help="Only this alkali.")] = None,
    sac: Annotated[bool, typer.Option("--sac", help="Only single- and dual-atom sites.")] = False,
    refused: Annotated[bool, typer.Option("--refused", help="What was not used, and why.")] = False,
    json: o.Json = False,
) -> None:
    """Show records of a dataset, or what was refused."""
    from sacml.data import load_dataset
    from sacml.domain import target as look_up
    from sacml.domain.candidates import check_alkali

    dataset = load_dataset(name)
    if refused:
        _show_refused(dataset)
        return
    criteria: dict[str, Any] = {}
    if target is not None:
        criteria["target"] = look_up(target).name
    if alkali is not None:
        criteria["alkali"] = check_alkali(alkali)
    if sac:
        criteria["is_sac"] = True
    chosen = dataset.select(**criteria)
    if json:
        rows = [r.to_dict() for r in chosen]
        print(json_module.dumps({"schema": "sacml.records/1", "records": rows}, indent=2))
        return
    for record in chosen:
        print(_line(record))
    print(f"{len(chosen)} of {len(dataset)} records of {name}")


@app.command("check")
def check(
    file: Annotated[
        str | None, typer.Argument(help="A CSV of your own; the bundled data without one.")
    ] = None,
) -> None:
    """Validate a table of your own, or the bundled data; all problems at once."""
    from sacml.data import audit, list_datasets, load_dataset
    from sacml.data.importers import read_table

    datasets = [read_table(file)] if file else [load_dataset(info.name) for info in list_datasets()]
    for dataset in datasets:
        print(f"{dataset.name}: {len(dataset)} records are valid")
        for (name, bound), count in dataset.counts().items():
            print(f"  {name:<26}{bound:<10}{count:>5}")
        for finding in audit(dataset.records):
            print(f"  to look at: {finding.record_id}: {finding.check}: {finding.text}")
        for (kept, reason), count in Counter((r.kept, r.reason) for r in dataset.refused).items():
            print(f"  {'kept, not fitted' if kept else 'refused'}: {count} x {reason}")


@app.command("hosts")
def hosts() -> None:
    """List the hosts and the shells they admit."""
    from sacml.domain import host_types

    for kind in host_types().values():
        if kind.holds_sites:
            sizes = "/".join(map(str, kind.single))
            print(f"{kind.name:<18}{kind.title}")
            print(f"{'':<18}neighbours: {', '.join(kind.anchors)} ({sizes} around one centre)")
            print(f"{'':<18}? stands for: {', '.join(kind.shells)}")


@app.command("features")
def features() -> None:
    """List every descriptor with its unit and definition."""
    from sacml.features import FEATURES

    for feature in FEATURES:
        print(f"{feature.name:<44}{feature.unit or '-':<10}{feature.definition}")


def _per_target(dataset: "Dataset") -> dict[str, dict[str, int]]:
    total = Counter(r.target for r in dataset)
    sac = Counter(r.target for r in dataset if r.is_sac)
    return {name: {"records": total[name], "sac": sac[name]} for name in total}


def _line(record: "Record") -> str:
    conditions = str(record.conditions)
    sign = {"lower": ">", "upper": "<"}.get(record.bound, " ")
    return (
        f"{record.record_id:<42}{record.site!s:<26}{record.alkali:<3}{record.target:<25}"
        f"{sign}{record.value:<10g}{record.unit:<4} {record.source_group:<20.20} {conditions}"
    )


def _show_refused(dataset: "Dataset") -> None:
    for entry in dataset.refused:
        kept = "kept, not fitted" if entry.kept else "refused"
        print(f"  {kept}: {entry.row_id}, {entry.column} = {entry.value!r}: {entry.reason}")
