"""A space as blocks of independent components, so that its size needs no enumeration.

All sites of one host and one number of centres form a block: centres x shells x surroundings.
Constraints strike components out of a block before the product is ever taken.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations_with_replacement
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from sacml.design.space.constraints import Constraints
from sacml.design.space.parts import Block, Layout, Parts, Surroundings
from sacml.design.space.split import split
from sacml.design.space.vocabulary import default_shells
from sacml.domain.hosts import Host, host_type
from sacml.domain.shells import Shell, parse_counts
from sacml.domain.sites import AXIAL_LIGANDS, Site
from sacml.errors import DesignError, unknown

T = TypeVar("T")


class _Index(Generic[T]):
    """Give each distinct thing the number of its first appearance."""

    def __init__(self) -> None:
        self.numbers: dict[T, int] = {}

    def __call__(self, thing: T) -> int:
        return self.numbers.setdefault(thing, len(self.numbers))

    def array(self, things: Sequence[T]) -> NDArray[np.int32]:
        return np.array([self(thing) for thing in things], dtype=np.int32)


def parse_dopants(text: str) -> tuple[tuple[str, int], ...]:
    """Read second-shell dopants, e.g. ``S1`` or ``SP``."""
    return tuple((s, n) for s, n in parse_counts(text, "second shell") if n is not None)


def centre_sets(metals: Sequence[str], n_centres: int) -> list[tuple[str, ...]]:
    """List the sets of centres, metals in alphabetical order; Fe+Ni and Ni+Fe are one."""
    return list(combinations_with_replacement(sorted(set(metals)), n_centres))


def surroundings_of(host: Host, axial: Sequence[str], second: Sequence[str]) -> list[Surroundings]:
    """Combine axial ligands and second-shell dopants that the host admits, none of either first.

    A dopant that the bare host consists of is no dopant there and is left out.
    """
    kind = host.type
    dopants = [parse_dopants(text) for text in second]
    admitted = [d for d in dopants if all(s in kind.anchors and s != kind.formula for s, _ in d)]
    ligands = [(a,) for a in axial]
    return [
        (a, d)
        for a in ((), *dict.fromkeys(ligands))
        for d in ((), *dict.fromkeys(tuple(sorted(d)) for d in admitted))
    ]


def check_surroundings(hosts: Sequence[Host], axial: Sequence[str], second: Sequence[str]) -> None:
    """Raise for ligands outside the vocabulary and dopants that no host admits."""
    for ligand in axial:
        if ligand not in AXIAL_LIGANDS:
            raise unknown("axial ligand", ligand, AXIAL_LIGANDS)
    for text in second:
        if not any(len(surroundings_of(host, (), (text,))) == 2 for host in hosts):
            raise DesignError(
                f"no host of this space admits the second-shell dopant {text!r}; leave it out or "
                "add a host whose anchors hold it"
            )


def _canonical(
    host: Host, shells: Sequence[Shell], n_centres: int, metal: str
) -> list[tuple[Host, Shell]]:
    """Write host and shell as `Site` does, so that equal sites meet in one place."""
    found = []
    for shell in shells:
        if not shell.is_known:
            raise DesignError(
                f"shell {shell} of host {host} cannot be made: a design needs every neighbour, "
                "e.g. N4"
            )
        site = Site((metal,) * n_centres, shell, host)
        assert site.shell is not None
        found.append((site.host, site.shell))
    return found


def build(
    metals: Sequence[str],
    n_centres: Sequence[int],
    hosts: Sequence[Host],
    shells: dict[int, dict[str, tuple[Shell, ...]]],
    axial: Sequence[str],
    second: Sequence[str],
    constraints: Constraints,
) -> Layout:
    """Lay out a space.

    Parameters
    ----------
    metals, n_centres, hosts, axial, second
        Components as declared.
    shells
        Shells given by number of centres and host text; other hosts get `default_shells`.
    constraints
        What to strike out.

    Raises
    ------
    DesignError, NotationError
        If a given shell is impossible in its host.
    """
    index_centres, index_shells = _Index[tuple[str, ...]](), _Index[Shell]()
    index_hosts, index_around = _Index[Host](), _Index[Surroundings]()
    refused: Counter[str] = Counter()
    blocks, declared = [], 0
    for n in sorted(set(n_centres)):
        scaffolds: dict[Host, dict[Shell, None]] = {}
        for host in hosts:
            given = shells.get(n, {}).get(str(host))
            wanted = default_shells(host.type, n) if given is None else given
            for where, shell in _canonical(host, wanted, n, metals[0]):
                scaffolds.setdefault(where, {})[shell] = None
        centres = centre_sets(metals, n)
        reported = constraints.reported(n) if constraints.reach is not None and scaffolds else ()
        for host, admitted in scaffolds.items():
            around = surroundings_of(host, axial, second)
            size = len(centres) * len(admitted) * len(around)
            declared += size
            reason = constraints.host_reason(host, n)
            if reason is not None:
                refused[reason] += size
                continue
            kept_centres = _strike(
                centres, constraints.centre_reason, len(admitted) * len(around), refused
            )
            kept_shells = _strike(
                list(admitted),
                partial(constraints.shell_reason, n_centres=n, reported=reported),
                len(kept_centres) * len(around),
                refused,
            )
            for some in split(host, kept_centres, kept_shells, around, constraints, refused):
                blocks.append(
                    Block(
                        index_hosts(host),
                        index_centres.array(some.centres),
                        index_shells.array(some.shells),
                        index_around.array(some.surroundings),
                    )
                )
    parts = Parts(
        tuple(index_centres.numbers),
        tuple(index_shells.numbers),
        tuple(index_hosts.numbers),
        tuple(index_around.numbers),
    )
    return Layout(parts, tuple(blocks), declared, +refused)


def _strike(
    things: list[T], reason_of: Callable[[T], str | None], weight: int, refused: Counter[str]
) -> list[T]:
    """Keep what has no reason against it; count each other thing `weight` times."""
    kept = []
    for thing in things:
        reason = reason_of(thing)
        if reason is None:
            kept.append(thing)
        else:
            refused[reason] += weight
    return kept


def nearest_host(text: str) -> Host:
    """Read a host that can hold a site."""
    host = Host.parse(text)
    if not host_type(host.parts[0].name).holds_sites:
        raise DesignError(f"host {text!r} ({host.type.title}) cannot hold a metal centre")
    return host
