"""`sacml propose`."""

import shlex
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sacml.cli import options as o
from sacml.cli.propose_show import progress, show, show_estimate
from sacml.errors import SacmlError

if TYPE_CHECKING:
    from concurrent.futures import Executor


def propose(
    alkali: Annotated[str | None, typer.Argument(help="Li, Na or K.")] = None,
    given: Annotated[
        str | None, typer.Option("--alkali", "-a", help="The same as an option.")
    ] = None,
    top: Annotated[int, typer.Option("--top", "-n", help="Length of the list.")] = 10,
    exclude: Annotated[str, typer.Option("--exclude", help="Metals to leave out: Co,Pt")] = "",
    require: Annotated[str, typer.Option("--require", help="Metals every site must hold.")] = "",
    max_price: Annotated[
        float | None,
        typer.Option("--max-price-usd-per-kg", help="Highest price of any centre metal."),
    ] = None,
    no_critical: Annotated[
        bool, typer.Option("--no-critical", help="Leave out EU critical raw materials.")
    ] = False,
    chance: Annotated[
        list[str] | None,
        typer.Option(
            "--chance",
            help='Probability to be reached: "P(nucleation_overpotential < 15 mV) > 0.8"; may be '
            "given several times.",
        ),
    ] = None,
    objective: Annotated[
        list[str] | None,
        typer.Option(
            "--objective",
            help='Change an objective: "binding energy: low=-2.2, high=-1.2", "cost: weight=0"; '
            "may be given several times.",
        ),
    ] = None,
    in_domain_only: Annotated[
        bool, typer.Option("--in-domain-only", help="Only candidates inside the models' domain.")
    ] = False,
    new_only: Annotated[
        bool, typer.Option("--new-only", help="Leave out sites already labelled or reported.")
    ] = False,
    reach: Annotated[
        int,
        typer.Option(help="Most substitutions between a shell and a labelled or reported one."),
    ] = 1,
    any_shell: Annotated[
        bool, typer.Option("--any-shell", help="Open the space to every shell its hosts admit.")
    ] = False,
    current: o.Current = 3.0,
    capacity: o.Capacity = 3.0,
    space: Annotated[
        str | None, typer.Option("--space", help="TOML file that declares the design space.")
    ] = None,
    refine: Annotated[
        bool | None,
        typer.Option(
            "--refine/--no-refine",
            help="Ask the refine models about the short list too; as far as there are some by "
            "default.",
        ),
    ] = None,
    max_candidates: Annotated[
        int, typer.Option("--max-candidates", min=1, help="Refuse a larger space.")
    ] = 100_000_000,
    seed: Annotated[int, typer.Option("--seed", help="Of everything random.")] = 0,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Print the size and what it takes, and stop.")
    ] = False,
    resume: Annotated[
        str | None,
        typer.Option("--resume", help="File that keeps how far the ranking is, to go on from."),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", "-w", min=1, help="Processes.")] = 1,
    dask: o.Dask = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            help="Folder for tables, a page and a structure of each proposal; or a .csv file for "
            "the table alone.",
        ),
    ] = None,
    models: o.Models = None,
    json: o.Json = False,
) -> None:
    """Propose single-atom catalysts under a lab's constraints, each with its reasons.

    Example: sacml propose Na --exclude Co,Pt --max-price-usd-per-kg 50 --out answer
    """
    import json as json_module

    from sacml.domain import Conditions
    from sacml.workflows.propose import ask
    from sacml.workflows.propose.folder import check_folder, write_proposals

    table = _is_table(out)
    question = ask(
        _alkali(alkali, given),
        top=top,
        exclude=o.comma_list(exclude),
        require=o.comma_list(require),
        max_price_usd_per_kg=max_price,
        exclude_critical=no_critical,
        chances=chance or (),
        objectives=objective or (),
        in_domain_only=in_domain_only,
        include_known=not new_only,
        reach=None if any_shell else reach,
        conditions=Conditions(current, capacity),
        space=space,
        models=models,
        refine=refine,
        max_candidates=max_candidates,
        seed=seed,
    )
    if estimate:
        show_estimate(question, json)
        return
    if out and not table:
        check_folder(out)
    with _executor(workers, dask) as executor:
        found = question.answer(
            executor=executor, resume=resume, on_chunk=progress("scored", "candidates")
        )
    if json:
        print(json_module.dumps(found.to_dict(), indent=2))
    say = sys.stderr if json else sys.stdout
    if out and table:
        found.to_csv(out)
        print(f"wrote {len(found)} proposals to {out}", file=say)
    elif out:
        command = shlex.join(["sacml", *sys.argv[1:]])
        on_built = progress("built", "structures")
        made = write_proposals(found, question, out, command=command, on_built=on_built)
        print(
            f"wrote {len(found)} proposals to {out}: open {Path(out, 'proposals.html')}", file=say
        )
        for built in made.refused:
            print(f"not built: {built.rank}. {built.site}: {built.reason}", file=sys.stderr)
    elif not json:
        show(found)
    if found.partial:
        again = f"--resume {resume}" if resume else "--resume FILE"
        print(
            f"sacml: interrupted: the answer is partial; the same command with {again} goes on "
            "from where it stopped" + ("" if resume else ", once it is given from the start"),
            file=sys.stderr,
        )
        raise typer.Exit(130)


def _alkali(argument: str | None, option: str | None) -> str:
    """Alkali metal, as argument or as option."""
    named = tuple(dict.fromkeys(filter(None, (argument, option))))
    if len(named) != 1:
        what = f"{named[0]} and {named[1]} were given" if named else "none was given"
        raise SacmlError(f"one alkali metal is needed and {what}: write e.g. sacml propose Na")
    return named[0]


def _is_table(out: str | None) -> bool:
    """Whether the output is a table; other kinds of files are refused."""
    suffix = Path(out or "").suffix.lower()
    if suffix in (".json", ".html", ".htm", ".txt", ".xlsx", ".tsv"):
        raise SacmlError(
            f"--out {out}: give a .csv file for the table, or a folder, which holds CSV, JSON and "
            "HTML; --json prints JSON"
        )
    return suffix == ".csv"


def _executor(workers: int, dask: str | None) -> "AbstractContextManager[Executor | None]":
    """Where the ranking runs."""
    from sacml.executors import chosen

    if dask and workers > 1:
        raise SacmlError("give --workers or --dask, not both: a cluster has workers of its own")
    return chosen(workers, dask)
