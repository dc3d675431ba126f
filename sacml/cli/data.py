"""`sacml data`: what is there, from where, and what was refused."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sacml.cli import options as o
from sacml.cli.data_import import import_data
from sacml.errors import SacmlError

if TYPE_CHECKING:
    from sacml.data import Dataset, Record, Refusal

app = typer.Typer(help="The bundled records, and tables of your own.", no_args_is_help=True)
app.command("import")(import_data)


@app.command("list")
def list_data(json: o.Json = False) -> None:
    """List the bundled datasets with their counts."""
    from sacml.data import list_datasets, load_dataset

    entries = [(info, load_dataset(info.name)) for info in list_datasets()]
    if json:
        found = [{"name": i.name, "title": i.title, "licence": i.licence, "records": len(d),
                  "digest": d.digest, "targets": _per_target(d)} for i, d in entries]  # fmt: skip
        o.print_json("sacml.datasets/1", datasets=found)
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
    criteria: dict[str, Any] = {}
    if target is not None:
        criteria["target"] = look_up(target).name
    if alkali is not None:
        criteria["alkali"] = check_alkali(alkali)
    if sac:
        criteria["is_sac"] = True
    if refused:
        if criteria:
            raise SacmlError(
                "--refused lists all that was not used; leave out --target, --alkali and --sac"
            )
        _show_refused(dataset, json)
        return
    chosen = dataset.select(**criteria)
    if json:
        o.print_json("sacml.records/1", records=[r.to_dict() for r in chosen])
        return
    for record in chosen:
        print(_line(record))
    print(f"{len(chosen)} of {len(dataset)} records of {name}")


@app.command("check")
def check(
    file: Annotated[
        str | None, typer.Argument(help="A CSV of your own; the bundled data without one.")
    ] = None,
    json: o.Json = False,
) -> None:
    """Validate a table of your own, or the bundled data; all problems at once."""
    from sacml.data import audit, list_datasets, load_dataset
    from sacml.data.importers import read_table

    datasets = [read_table(file)] if file else [load_dataset(info.name) for info in list_datasets()]
    if json:
        o.print_json("sacml.check/1", datasets=[_checked(d) for d in datasets])
        return
    for dataset in datasets:
        print(f"{dataset.name}: {len(dataset)} records are valid")
        for (name, bound), count in dataset.counts().items():
            print(f"  {name:<26}{bound:<10}{count:>5}")
        for finding in audit(dataset.records):
            print(f"  to look at: {finding.record_id}: {finding.check}: {finding.text}")
        for (kept, reason), count in _reasons(dataset.refused).items():
            print(f"  {'kept, not fitted' if kept else 'refused'}: {count} x {reason}")


@app.command("hosts")
def hosts(json: o.Json = False) -> None:
    """List the hosts and the shells they admit."""
    from sacml.domain import host_types

    if json:
        fields = ("name", "title", "family", "formula", "anchors", "single", "dual", "shells",
                  "vacancies", "terminations", "chirality", "aliases", "holds_sites")  # fmt: skip
        found = [{f: getattr(kind, f) for f in fields} for kind in host_types().values()]
        o.print_json("sacml.hosts/1", hosts=found)
        return
    for kind in host_types().values():
        if kind.holds_sites:
            sizes = "/".join(map(str, kind.single))
            print(f"{kind.name:<18}{kind.title}")
            print(f"{'':<18}neighbours: {', '.join(kind.anchors)} ({sizes} around one centre)")
            print(f"{'':<18}? stands for: {', '.join(kind.shells)}")
    bare = [kind.name for kind in host_types().values() if not kind.holds_sites]
    print(f"hosts without sites, for controls such as @{bare[0]}: {', '.join(bare)}")


@app.command("systems")
def systems(json: o.Json = False) -> None:
    """List the systems of the review, which can be predicted by name, and their controls."""
    from sacml.data import systems as listed

    if json:
        found = [{"name": s.name, "aliases": s.aliases, "site": str(s.site), "alkali": s.alkali,
                  "control_of": s.control_of or None, "source_group": s.source_group or None,
                  "citation": s.citation, "idealised": s.idealised} for s in listed()]  # fmt: skip
        o.print_json("sacml.systems/1", systems=found)
        return
    for s in listed():
        print(f"{s.name:<42}{s.site!s:<32}{s.alkali:<3}{s.citation}")


@app.command("features")
def features(json: o.Json = False) -> None:
    """List every descriptor with its unit and definition."""
    from sacml.features import FEATURES, schema_digest

    if json:
        fields = ("name", "unit", "group", "kind", "definition", "source")
        found = [{f: getattr(feature, f) for f in fields} for feature in FEATURES]
        o.print_json("sacml.features/1", digest=schema_digest(), features=found)
        return
    for feature in FEATURES:
        print(f"{feature.name:<44}{feature.unit or '-':<10}{feature.definition}")


def _per_target(dataset: "Dataset") -> dict[str, dict[str, int]]:
    total = Counter(r.target for r in dataset)
    sac = Counter(r.target for r in dataset if r.is_sac)
    return {name: {"records": total[name], "sac": sac[name]} for name in total}


def _reasons(refused: "Iterable[Refusal]") -> Counter[tuple[bool, str]]:
    return Counter((r.kept, r.reason) for r in refused)


def _checked(dataset: "Dataset") -> dict[str, Any]:
    from sacml.data import audit

    return {
        "name": dataset.name,
        "digest": dataset.digest,
        "records": len(dataset),
        "counts": [
            {"target": t, "bound": b, "records": n} for (t, b), n in dataset.counts().items()
        ],
        "findings": [
            {"record_id": f.record_id, "check": f.check, "text": f.text}
            for f in audit(dataset.records)
        ],
        "refused": [
            {"kept": kept, "reason": reason, "times": n}
            for (kept, reason), n in _reasons(dataset.refused).items()
        ],
    }


def _line(record: "Record") -> str:
    conditions = str(record.conditions)
    sign = {"lower": ">", "upper": "<"}.get(record.bound, " ")
    return (
        f"{record.record_id:<42}{record.site!s:<26}{record.alkali:<3}{record.target:<25}"
        f"{sign}{record.value:<10g}{record.unit:<4} {record.source_group:<28} {conditions}"
    )


def _show_refused(dataset: "Dataset", json: bool) -> None:
    if json:
        fields = ("row_id", "column", "value", "reason", "kept")
        found = [{f: getattr(entry, f) for f in fields} for entry in dataset.refused]
        o.print_json("sacml.refused/1", refused=found)
        return
    for entry in dataset.refused:
        kept = "kept, not fitted" if entry.kept else "refused"
        print(f"  {kept}: {entry.row_id}, {entry.column} = {entry.value!r}: {entry.reason}")
