"""Split a product of components where a rule ties one component to another.

Components that no rule tells apart stand together, so that a block stays a product and its size
needs no enumeration.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple, TypeVar

from sacml.design.space.buildable import Buildable
from sacml.design.space.constraints import Constraints
from sacml.design.space.parts import Surroundings
from sacml.design.space.rules import Names, Rule, names_of
from sacml.domain.hosts import Host
from sacml.domain.shells import Shell
from sacml.domain.sites import Site

T = TypeVar("T")


class Product(NamedTuple):
    """Components of which every combination is meant."""

    centres: Sequence[tuple[str, ...]]
    shells: Sequence[Shell]
    surroundings: Sequence[Surroundings]


def split(
    host: Host,
    centres: Sequence[tuple[str, ...]],
    shells: Sequence[Shell],
    around: Sequence[Surroundings],
    constraints: Constraints,
    refused: Counter[str],
) -> Iterator[Product]:
    """Yield the products that keep to every rule; count the rest by reason.

    The rules are `only_if` and `at_most` of the constraints, then, where it is asked, the
    structure builder.
    """
    rules = constraints.rules
    for centre, shell, where in product(
        _alike(centres, lambda c: [r.view(names_of(host, centres=c)) for r in rules]),
        _alike(shells, lambda s: [r.view(names_of(host, shell=s)) for r in rules]),
        _alike(around, lambda a: [r.view(names_of(host, axial=a[0], second=a[1])) for r in rules]),
    ):
        broken = _broken(rules, names_of(host, centre[0], shell[0], *where[0]))
        if broken is not None:
            refused[broken] += len(centre) * len(shell) * len(where)
        elif constraints.asks_builder:
            yield from _built(host, Product(centre, shell, where), refused)
        else:
            yield Product(centre, shell, where)


def broken_rule(constraints: Constraints, site: Site) -> str | None:
    """Return the first rule that a site breaks, or None."""
    names = names_of(site.host, site.metals, site.shell, site.axial, site.second_shell)
    return _broken(constraints.rules, names)


def _broken(rules: Sequence[Rule], names: Names) -> str | None:
    return next((f"rule: {rule.text}" for rule in rules if rule.broken(names)), None)


def _built(host: Host, given: Product, refused: Counter[str]) -> Iterator[Product]:
    builder = Buildable(host, *given)
    for centre, shell in product(
        _alike(given.centres, builder.view_centre), _alike(given.shells, builder.view_shell)
    ):
        kept = []
        for where in given.surroundings:
            reason = builder.reason(centre[0], shell[0], where)
            if reason is None:
                kept.append(where)
            else:
                refused[reason] += len(centre) * len(shell)
        if kept:
            yield Product(centre, shell, kept)


def _alike(things: Iterable[T], view: Callable[[T], Iterable[Hashable]]) -> list[list[T]]:
    """Put together what looks alike, in order of first appearance."""
    groups: dict[tuple[Hashable, ...], list[T]] = {}
    for thing in things:
        groups.setdefault(tuple(view(thing)), []).append(thing)
    return list(groups.values())
