"""`sacml train`."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sacml.cli import options as o
from sacml.errors import SacmlError

if TYPE_CHECKING:
    from sacml.workflows import StudyResult

OUT = "runs/study"


def train(
    config: Annotated[
        str | None, typer.Option("--config", "-c", help="TOML file; the defaults without one.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            "-d",
            help="Own labels instead of the bundled records: a CSV as `sacml data import` and "
            "`sacml label table` write it. Energies of another level of theory become a surrogate "
            "of their own.",
        ),
    ] = None,
    level_of_theory: Annotated[
        str | None, typer.Option(help="Which binding energies of --data, where it holds several.")
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(help="Reference of the binding energies of --data: atom, bulk or ion."),
    ] = None,
    target: Annotated[
        str, typer.Option("--target", "-t", help="Targets: binding_energy,cycle_life")
    ] = "",
    model: Annotated[
        str,
        typer.Option(
            "--model", "-m", help="Models to compare, beside the constant: ridge,extra_trees,gnn"
        ),
    ] = "",
    refine_model: Annotated[
        str, typer.Option(help="Further models that may become the refine surrogate.")
    ] = "",
    split: Annotated[
        str,
        typer.Option(
            "--split",
            help="Splits: leave_one_metal_out,random; with --structures the key of a column of "
            "train and test.",
        ),
    ] = "",
    structures: Annotated[
        str | None,
        typer.Option(
            "--structures",
            "-s",
            help="Own structures instead: an .extxyz file, an ASE database or a folder of finished "
            "calculations; --target is then the key of the number to learn, --unit its unit, and "
            "--model trees, gp, stack or gnn.",
        ),
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", help="Unit of the target of --structures, e.g. eV.")
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="Key whose values are held out as a whole.")
    ] = None,
    adsorbate: Annotated[
        str | None,
        typer.Option("--adsorbate", help="Key of the adsorbate's name ('adsorbate' by default)."),
    ] = None,
    leave_out_bad: Annotated[
        bool, typer.Option("--leave-out-bad", help="List frames that cannot be used, and go on.")
    ] = False,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of folds and models.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the study.")] = None,
    out: Annotated[str, typer.Option("--out", "-o", help="Folder for the results.")] = OUT,
    tracking_uri: Annotated[
        str | None, typer.Option(help="MLflow store; a sqlite file beside the results by default.")
    ] = None,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log to MLflow.")] = True,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write the report.")] = True,
    workers: Annotated[
        int, typer.Option("--workers", "-w", min=1, help="Processes that fit folds.")
    ] = 1,
    dask: o.Dask = None,
    json: o.Json = False,
) -> None:
    """Compare models on grouped folds, keep what wins, track it and write the report.

    Options replace what the configuration says; the resolved one is written beside the results.

    Example: sacml train --data my_labels.csv --target binding_energy --out runs/mine

    Example: sacml train --structures mine.extxyz --target dG_eV --unit eV
    """
    if structures is not None:
        from sacml.cli import samples

        samples.train(
            structures, target, unit, model=model, group=group, split=split or None,
            adsorbate=adsorbate, leave_out_bad=leave_out_bad, seed=seed or 0, json=json,
            folder="runs/structures" if out == OUT else out,
            tracking_uri=tracking_uri, track=track,
            given={"config": config, "data": data, "refine_model": refine_model,
                   "level_of_theory": level_of_theory, "reference": reference, "name": name,
                   "dask": dask, "workers": None if workers == 1 else str(workers)},
        )  # fmt: skip
        return
    if unit or group or adsorbate or leave_out_bad:
        raise SacmlError("--unit, --group, --adsorbate and --leave-out-bad go with --structures")
    from sacml.executors import chosen
    from sacml.workflows.config import StudyConfig
    from sacml.workflows.progress import fold_bar
    from sacml.workflows.train import train as run

    settings = (StudyConfig() if config is None else StudyConfig.read(config)).with_options(
        name=name,
        data=data,
        level_of_theory=level_of_theory,
        reference=reference,
        targets=o.comma_list(target),
        models=_with_constant(o.comma_list(model)),
        refine=o.comma_list(refine_model),
        splits=o.comma_list(split),
        seed=seed,
    )
    with fold_bar() as on_fold, chosen(workers, dask) as executor:
        study = run(
            settings,
            folder=out,
            tracking_uri=tracking_uri,
            track=track,
            report=report,
            say=partial(print, file=sys.stderr) if json else print,
            on_fold=on_fold,
            executor=executor,
        )
    if json:
        _print_json(study, report)


def _with_constant(models: tuple[str, ...]) -> tuple[str, ...]:
    """Every score stands beside that of the constant."""
    return models if "constant" in models or not models else ("constant", *models)


def _print_json(study: "StudyResult", report: bool) -> None:
    targets: dict[str, dict[str, Any]] = {
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
    for name, s in study.refined.items():
        targets[name]["refine"] = {
            "model": s.model,
            "trained_on": s.trained_on,
            "version": s.version,
            "same_model": s is study.surrogates[name],
        }
    o.print_json(
        "sacml.study/1",
        name=study.name,
        folder=str(study.folder),
        report=str(study.folder / "report.html") if report else None,
        targets=targets,
        proposals={a: [str(p.candidate) for p in found] for a, found in study.proposals.items()},
    )
