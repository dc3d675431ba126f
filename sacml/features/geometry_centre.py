"""Which atoms of a structure are its metal centre, its alkali atoms and its host."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from sacml.domain.elements import ALKALI, METALS
from sacml.errors import SacmlError

_METALS = frozenset(METALS)
CENTRE_KEY = "centre"
"""Entry of ``Atoms.info`` with the atom number of the centre (two numbers for a dual site)."""
SHELL_KEY = "shell"
"""Entry of ``Atoms.info`` with the atom numbers of the first shell."""
MAX_CENTRES = 2


class CentreError(SacmlError, ValueError):
    """A structure has no metal centre, or it cannot be told which atom it is."""


def find_centre(atoms: Any, given: Sequence[int] | int | None = None) -> tuple[int, ...]:
    """Atom numbers of the centre: given, marked in ``atoms.info["centre"]``, or detected.

    Detected is the one atom of a metal that occurs once, be it the only metal (Co in graphene) or
    not (Co in MoS2).

    Raises
    ------
    CentreError
        Without a centre, with two that are not marked, or with a mark that is no metal atom.
    """
    symbols = atoms.get_chemical_symbols()
    marked = atoms.info.get(CENTRE_KEY) if given is None else given
    if marked is not None:
        return _checked(marked, symbols)
    counts = Counter(s for s in symbols if s in _METALS)
    formula = atoms.get_chemical_formula()
    if not counts:
        raise CentreError(
            f"{formula} has no metal centre: geometry descriptors need a site with its metal"
        )
    lone = [s for s, n in counts.items() if n == 1]
    if len(lone) == 1:
        return (symbols.index(lone[0]),)
    numbers = {s: [i for i, x in enumerate(symbols) if x == s] for s in (lone or counts)}
    shown = "; ".join(f"{s} at {', '.join(map(str, i[:6]))}" for s, i in numbers.items())
    count = "two" if sum(map(len, numbers.values())) == 2 else "several"
    raise CentreError(
        f"{formula} has {count} atoms that may be the centre and none is marked ({shown}): set "
        f'atoms.info["{CENTRE_KEY}"] to the number of the centre, or to two for a dual site'
    )


def _checked(marked: Any, symbols: list[str]) -> tuple[int, ...]:
    try:
        words = marked.split() if isinstance(marked, str) else np.atleast_1d(marked).tolist()
        numbers = tuple(int(w) for w in words)
        if any(int(w) != float(w) for w in words):
            raise ValueError
    except (TypeError, ValueError):
        raise CentreError(
            f"cannot read the mark of the centre {marked!r}: write one atom number or two"
        ) from None
    if not numbers:
        raise CentreError("the structure is marked as without a metal centre: a bare or empty site")
    if len(numbers) > MAX_CENTRES or len(set(numbers)) != len(numbers):
        raise CentreError(f"{list(numbers)} marks no single or dual centre: one or two atoms")
    bad = [n for n in numbers if not 0 <= n < len(symbols)]
    if bad:
        raise CentreError(
            f"atom {bad[0]} is marked as centre, but the structure has atoms 0 to "
            f"{len(symbols) - 1}"
        )
    wrong = [f"atom {n} ({symbols[n]})" for n in numbers if symbols[n] not in _METALS]
    if wrong:
        raise CentreError(f"{', '.join(wrong)} is marked as centre, but is no metal of a site")
    return numbers


def marked_shell(atoms: Any) -> tuple[int, ...]:
    """Atom numbers that ``atoms.info["shell"]`` names; empty where it is not there."""
    marked = atoms.info.get(SHELL_KEY, "")
    try:
        words = marked.split() if isinstance(marked, str) else np.atleast_1d(marked).tolist()
        return tuple(int(w) for w in words)
    except (TypeError, ValueError):
        raise CentreError(
            f"cannot read the mark of the first shell {marked!r}: write atom numbers"
        ) from None


def alkali_atoms(symbols: list[str], centre: tuple[int, ...]) -> tuple[int, ...]:
    """Numbers of the Li, Na and K atoms."""
    return tuple(i for i, s in enumerate(symbols) if s in ALKALI and i not in centre)
