"""What the default space is made of: which centres, and which shells each host gets."""

from collections.abc import Iterator
from functools import cache
from itertools import combinations_with_replacement

from sacml.domain.elements import METALS, element
from sacml.domain.hosts import HostType, host_types
from sacml.domain.shells import Shell
from sacml.errors import NotationError

CENTRES = {"single": 1, "dual": 2}
"""Centres of a site, in words and numbers."""
X2Y2_ISOMERS = ("cis5", "cis6", "trans")
"""The three ways to place two kinds of neighbours, two of each, in a double vacancy."""

EVERY_SHELL = ("carbon",)
"""Host families whose first shell can be doped freely: every shell of their anchors."""
ONE_SUBSTITUTION = ("nitride_carbon", "framework")
"""Host families whose pores fix the neighbours: shells of one element and one exchange in them.

The lattices that remain (MXenes, sulfides) offer shells of one element only.
"""


def parse_shell(text: str) -> Shell:
    """Read a shell with its qualifiers, e.g. ``N2C2(trans)``."""
    composition, opened, rest = text.strip().partition("(")
    if bool(opened) != rest.endswith(")"):
        raise NotationError(f"cannot read shell {text!r}: write e.g. N4 or N2C2(trans)")
    return Shell.parse(composition, rest.removesuffix(")") or None)


@cache
def plausible_centres() -> tuple[str, ...]:
    """Metals of the default space.

    All `METALS` but Tc, which has no stable isotope; Te, which counts as a neighbour here; and the
    elements of class 1 of ICH Q3D(R2), whose use that guideline limits or avoids. Any of them can
    be named in a space of one's own.
    """
    return tuple(m for m in METALS if m not in ("Tc", "Te") and element(m).ich_q3d_class != "1")


def default_hosts() -> tuple[str, ...]:
    """Hosts marked for design in the vocabulary."""
    return tuple(name for name, kind in host_types().items() if kind.design)


def _compositions(elements: tuple[str, ...], size: int) -> Iterator[Shell]:
    for chosen in combinations_with_replacement(elements, size):
        counts = tuple((e, chosen.count(e)) for e in dict.fromkeys(chosen))
        if [n for _, n in counts] == [2, 2]:
            yield from (Shell(counts, isomer=isomer) for isomer in X2Y2_ISOMERS)
        else:
            yield Shell(counts)


def _one_substitution(base: str, anchors: tuple[str, ...], size: int) -> Iterator[Shell]:
    yield Shell(((base, size),))
    for other in anchors:
        if other != base and size > 1:
            yield Shell(((base, size - 1), (other, 1)))


def default_shells(kind: HostType, n_centres: int) -> tuple[Shell, ...]:
    """List the first shells that the default space tries in a host.

    Parameters
    ----------
    kind
        The host.
    n_centres
        1 or 2.

    Returns
    -------
    tuple of Shell
        One centre in a carbon: every shell of the host's anchors and sizes, shells X2Y2 as each
        of their isomers. Otherwise shells of one element that the host's common shells hold, of
        every admitted size, with one neighbour exchanged in the nitrides, the frameworks and for
        two centres in carbons. Empty where the host takes no such site.
    """
    sizes = kind.single if n_centres == 1 else kind.dual
    bases = tuple(dict.fromkeys(s for text in kind.shells for s, _ in Shell.parse(text).counts))
    found: dict[Shell, None] = {}
    for size in sizes:
        if n_centres == 1 and kind.family in EVERY_SHELL:
            found.update(dict.fromkeys(_compositions(kind.anchors, size)))
            continue
        rich = kind.family in (*EVERY_SHELL, *ONE_SUBSTITUTION)
        for base in bases:
            found.update(dict.fromkeys(_one_substitution(base, kind.anchors if rich else (), size)))
    return tuple(found)
