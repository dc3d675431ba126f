"""`sacml propose`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sacml.cli import options as o

if TYPE_CHECKING:
    from sacml.design import Proposals


def propose(
    alkali: o.Alkali,
    top: Annotated[int, typer.Option("--top", "-n", help="Length of the list.")] = 10,
    exclude: Annotated[str, typer.Option("--exclude", help="Metals to leave out: Co,Pt")] = "",
    require: Annotated[str, typer.Option("--require", help="Metals of which one must be in.")] = "",
    max_price: Annotated[
        float | None,
        typer.Option("--max-price-usd-per-kg", help="Highest price of any centre metal."),
    ] = None,
    no_critical: Annotated[
        bool, typer.Option("--no-critical", help="Leave out EU critical raw materials.")
    ] = False,
    in_domain_only: Annotated[
        bool, typer.Option("--in-domain-only", help="Only candidates inside the models' domain.")
    ] = False,
    reach: Annotated[
        int,
        typer.Option(help="Most substitutions between a shell and a labelled or reported one."),
    ] = 1,
    current: o.Current = 3.0,
    capacity: o.Capacity = 3.0,
    space: Annotated[
        str | None, typer.Option("--space", help="TOML file that declares the design space.")
    ] = None,
    out: Annotated[str | None, typer.Option("--out", "-o", help="Write the list as CSV.")] = None,
    models: o.Models = None,
    json: o.Json = False,
) -> None:
    """Propose single-atom catalysts under a lab's constraints, each with its reasons.

    Example: sacml propose --alkali Na --exclude Co,Pt --max-price-usd-per-kg 50
    """
    import json as json_module

    from sacml.domain import Conditions
    from sacml.workflows.propose import propose as run

    found = run(
        alkali,
        top=top,
        exclude=o.comma_list(exclude),
        require=o.comma_list(require),
        max_price_usd_per_kg=max_price,
        exclude_critical=no_critical,
        in_domain_only=in_domain_only,
        reach=reach,
        conditions=Conditions(current, capacity),
        space=space,
        models=models,
        on_chunk=_progress,
    )
    if out:
        found.to_csv(out)
        print(f"wrote {len(found)} proposals to {out}")
    elif json:
        print(json_module.dumps(found.to_dict(), indent=2))
    else:
        _show(found)


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        print(f"\rscored {done:,} of {total:,} candidates", end=end, file=sys.stderr, flush=True)


def _show(found: "Proposals") -> None:
    for p in found:
        print(f"{p.rank:>3}. {p.candidate.site} with {p.candidate.alkali}   score {p.score:.3f}")
        for why in p.why:
            print(f"       why: {why}")
        for unsure in p.uncertain:
            print(f"       uncertain: {unsure}")
    if found.notes:
        print("\nNotes")
        for note in found.notes:
            print(f"  - {note}")
    if found.refused:
        print("\nLeft out")
        for reason, count in found.refused.most_common():
            print(f"  {count:>10,}  {reason}")
