"""Which element goes where: the symmetry-distinct arrangements of a first shell in a pore."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from sacml.domain import Host, Shell, Site
from sacml.structures.hosts.pores import Pore
from sacml.structures.structure import StructureError

Arrangement = tuple[str, ...]
SHARED_RING = {(0, 1): "cis6", (2, 3): "cis6", (0, 2): "cis5", (1, 3): "cis5",
               (0, 3): "trans", (1, 2): "trans"}  # fmt: skip
"""How two places of a double vacancy lie to each other, see `pores.Pore.shell`."""


def arrangements_in(
    counts: tuple[tuple[str, int | None], ...], hole: Pore, metals: tuple[str, ...] = ()
) -> tuple[Arrangement, ...]:
    """All symmetry-distinct ways to lay a shell's elements around a pore.

    Parameters
    ----------
    counts
        As in `Shell.counts`.
    metals
        Elements of the two centres of a dual site: operations that exchange unlike metals do not
        count as symmetry.

    Returns
    -------
    Tuples of symbols in the order of ``Pore.shell``, each the first of its kind in the order of
    the shell's canonical form, sorted in that order.
    """
    return _arrangements(counts, hole, len(metals) == 2 and metals[0] != metals[1])


@cache
def _arrangements(
    counts: tuple[tuple[str, int | None], ...], hole: Pore, unlike: bool
) -> tuple[Arrangement, ...]:
    found, seen = [], set[Arrangement]()
    for laid in _layings(tuple((s, n or 0) for s, n in counts)):
        if laid not in seen:
            found.append(laid)
            seen.update(_images(laid, hole, unlike))
    return tuple(found)


def _layings(counts: tuple[tuple[str, int], ...]) -> Iterator[Arrangement]:
    """All orders of a multiset of symbols, in the order in which the symbols are given."""
    if not counts:
        yield ()
    for k, (symbol, number) in enumerate(counts):
        less = ((symbol, number - 1),) if number > 1 else ()
        for rest in _layings(counts[:k] + less + counts[k + 1 :]):
            yield (symbol, *rest)


def _images(laid: Arrangement, hole: Pore, unlike: bool) -> set[Arrangement]:
    images = set()
    for shell, centres in hole.permutations:
        if unlike and tuple(centres) != tuple(sorted(centres)):
            continue
        moved = list(laid)
        for here, there in enumerate(shell):
            moved[there] = laid[here]
        images.add(tuple(moved))
    return images


def isomer_of(laid: Arrangement) -> str | None:
    """Isomer label of an arrangement in a double vacancy, or None where no label says it."""
    if len(laid) != 4:
        return None
    pairs = [[k for k, s in enumerate(laid) if s == symbol] for symbol in dict.fromkeys(laid)]
    labels = {SHARED_RING[pair[0], pair[1]] for pair in pairs if len(pair) == 2}
    return labels.pop() if len(labels) == 1 else None


def choose(
    shell: Shell,
    hole: Pore,
    metals: tuple[str, ...],
    wanted: int | None,
    what: str,
) -> tuple[Arrangement, tuple[str, ...]]:
    """Pick the arrangement to build, and say so where the site does not.

    A stated isomer is followed. Where none is stated: ``trans`` if the shell has such an isomer,
    else the first arrangement; ``cis`` without the ring is built as ``cis6``.

    Raises
    ------
    StructureError
        If the pore has no such isomer or the arrangement's number is too high.
    """
    every = arrangements_in(shell.counts, hole, metals)
    if wanted is not None:
        if wanted >= len(every):
            raise StructureError(
                f"{what}: arrangement {wanted} was asked for, but {shell.composition} has "
                f"{len(every)} in this pore (0 to {len(every) - 1})"
            )
        laid = every[wanted]
        if shell.isomer not in (None, isomer_of(laid)):
            raise StructureError(
                f"{what}: arrangement {wanted} is {isomer_of(laid)}, not {shell.isomer}"
            )
        return laid, ()
    if len(every) == 1 and shell.isomer is None:
        return every[0], ()
    labels = {isomer_of(laid): laid for laid in reversed(every)}
    if shell.isomer is None:
        label = "trans" if "trans" in labels else None
        laid = labels[label] if label else every[0]
        said = f"the {label} one" if label else "the first"
        return laid, (
            f"The isomer of {shell.composition} is not stated: {said} of {len(every)} "
            "arrangements is built.",
        )
    label = "cis6" if shell.isomer == "cis" else shell.isomer
    if label not in labels:
        allowed = ", ".join(sorted(x for x in labels if x)) or "none"
        raise StructureError(
            f"{what}: a flat pore has no isomer {shell.isomer!r} of {shell.composition}; "
            f"isomers there: {allowed}"
        )
    if shell.isomer == "cis":
        return labels[label], ("The ring between the cis neighbours is not stated: cis6 is built.",)
    return labels[label], ()


FIFTH = {"N": "NH3", "O": "H2O", "C": "CO", "S": "SH2", "P": "PH3"}
"""Ligand that puts a fifth neighbour on a centre, by donor."""
_FLAT = Host.parse("graphene")


def without_fifth(site: Site) -> tuple[Site, str | None]:
    """Take the fifth neighbour of one centre out of the plane; return the ligand that holds it.

    The element with the fewest atoms in the shell leaves the plane; a molecule with that donor
    stands for what holds it.

    Raises
    ------
    StructureError
        If no ligand has that donor.
    """
    shell = site.shell
    if shell is None or len(site.metals) != 1 or shell.size != 5:
        return site, None
    symbol, _ = min(shell.counts, key=lambda item: item[1] or 0)
    if symbol not in FIFTH:
        raise StructureError(
            f"{site}: the fifth neighbour of a centre in a sheet is an axial ligand, and there is "
            f"none with the donor {symbol}; donors: {', '.join(FIFTH)}"
        )
    counts = tuple((s, (n or 0) - (s == symbol)) for s, n in shell.counts)
    flat = Shell(tuple((s, n) for s, n in counts if n), nitrogen=None)
    return replace(site, host=_FLAT, shell=flat), FIFTH[symbol]
