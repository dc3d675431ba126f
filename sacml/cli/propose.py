"""`sacml propose`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sacml.cli import options as o
from sacml.cli.options import number

if TYPE_CHECKING:
    from sacml.design import Proposal, Proposals


def propose(
    alkali: o.Alkali,
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
        include_known=not new_only,
        reach=None if any_shell else reach,
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
        known = f"   known: {', '.join(dict.fromkeys(_names(p)))}" if p.known_as else ""
        what = f"{p.candidate.site} with {p.candidate.alkali}"
        print(f"{p.rank:>3}. {what}   score {p.score:.3f}{known}")
        for target, q in p.predictions.items():
            flag = "" if q.in_domain else "  out of domain"
            print(
                f"       {target:<26}{number(q.value):>8} {q.unit:<3} "
                f"[{number(q.lower)}, {number(q.upper)}]{flag}"
            )
        for why in p.why:
            print(f"       why: {why}")
        for unsure in p.uncertain:
            print(f"       uncertain: {unsure}")
    for note in found.notes:
        print(f"note: {note}")
    for title, counts in (("left out", found.refused), ("ranked, not listed", found.passed_over)):
        for reason, count in counts.most_common():
            print(f"{title}: {count:,} {reason}")


def _names(proposal: "Proposal") -> list[str]:
    """Names in print; where a site has none, the first record that labels it."""
    return [
        name
        for system in proposal.known_as
        for name in (tuple(filter(None, system.names)) or system.record_ids[:1])
    ]
