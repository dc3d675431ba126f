"""The first coordination shell of a metal centre.

Written as elements with counts (``N4``, ``N2O2``), with what is known beside them in parentheses
(``N2C2(trans)``, ``N4(pyrrolic)``). ``?`` is an unknown shell; ``N?`` or ``N?O?`` one whose
elements are printed but not their numbers.
"""

import re
from dataclasses import dataclass
from itertools import product

from sacml.domain.elements import element
from sacml.errors import NotationError, unknown

ORDER = ("N", "C", "O", "S", "P", "B", "F", "Cl", "Br", "Se", "Te", "Si")
"""Order of elements in the canonical form; others follow by symbol."""

ISOMERS = {
    "trans": "like ligands opposite each other across the metal",
    "cis": "like ligands side by side, the ring between them not stated",
    "cis5": "like ligands side by side, sharing a five-membered ring with the metal",
    "cis6": "like ligands side by side, sharing a six-membered ring with the metal",
    "fac": "three like ligands on one face",
    "mer": "three like ligands in one plane with the metal",
}
NITROGEN_TYPES = ("pyridinic", "pyrrolic", "graphitic", "amino")

MAX_NEIGHBOURS = 8
_TOKEN = re.compile(r"([A-Z][a-z]?)(\d+|\?)?")


def _rank(symbol: str) -> tuple[int, str]:
    return (ORDER.index(symbol) if symbol in ORDER else len(ORDER), symbol)


def parse_counts(text: str, what: str) -> tuple[tuple[str, int | None], ...]:
    """Read ``N2O2`` into ``(("N", 2), ("O", 2))``; ``N?`` gives a count of None."""
    counts: dict[str, int | None] = {}
    position = 0
    for match in _TOKEN.finditer(text):
        if match.start() != position:
            break
        position = match.end()
        symbol, number = match.groups()
        element(symbol)
        if symbol in counts:
            raise NotationError(f"element {symbol!r} stands twice in {what} {text!r}; add it up")
        counts[symbol] = None if number == "?" else int(number or 1)
        if counts[symbol] == 0:
            raise NotationError(f"{what} {text!r} counts zero {symbol}; leave it out")
    if not counts or position != len(text):
        hint = "; symbols start with a capital letter" if text[:1].islower() else ""
        raise NotationError(
            f"cannot read {what} {text!r}: write elements with counts such as N4, N2O2, or ? "
            f"where it is unknown{hint}"
        )
    return tuple(sorted(counts.items(), key=lambda item: _rank(item[0])))


def format_counts(counts: tuple[tuple[str, int | None], ...]) -> str:
    """Write counts in canonical order; a count of one is left out."""
    return "".join(
        symbol + ("?" if n is None else "" if n == 1 else str(n)) for symbol, n in counts
    )


@dataclass(frozen=True, slots=True)
class Shell:
    """Neighbours of the centre.

    Attributes
    ----------
    counts
        ``((element, number), ...)`` in canonical order; empty where nothing is known; a number is
        None where only the element is printed.
    isomer
        One of `ISOMERS`, or None where it does not apply or is not stated.
    nitrogen
        One of `NITROGEN_TYPES`, or None where not stated.
    """

    counts: tuple[tuple[str, int | None], ...] = ()
    isomer: str | None = None
    nitrogen: str | None = None

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.counts, key=lambda item: _rank(item[0])))
        object.__setattr__(self, "counts", ordered)
        if len({s for s, _ in ordered}) != len(ordered):
            raise NotationError(f"an element stands twice in shell {format_counts(ordered)!r}")
        for symbol, number in ordered:
            element(symbol)
            if number is not None and not 1 <= number <= MAX_NEIGHBOURS:
                raise NotationError(
                    f"{number} {symbol} neighbours: a count lies between 1 and {MAX_NEIGHBOURS}"
                )
        if self.isomer is not None:
            if self.isomer not in ISOMERS:
                raise unknown("isomer", self.isomer, list(ISOMERS))
            if not self.is_known or len(self.counts) < 2:
                raise NotationError(
                    f"shell {format_counts(self.counts) or '?'!r} has no isomers: an isomer needs "
                    "two kinds of neighbours with known counts"
                )
            size, like = (6, 3) if self.isomer in ("fac", "mer") else (4, 2)
            if self.size != size or like not in (n for _, n in self.counts):
                raise NotationError(
                    f"shell {self.composition!r} has no isomer {self.isomer!r}: that needs {size} "
                    f"neighbours of which {like} are alike"
                )
        if self.nitrogen is not None:
            if self.nitrogen not in NITROGEN_TYPES:
                raise unknown("type of N", self.nitrogen, NITROGEN_TYPES)
            if "N" not in dict(self.counts):
                raise NotationError(
                    f"shell {format_counts(self.counts) or '?'!r} has no N, so it cannot be "
                    f"{self.nitrogen}"
                )

    @classmethod
    def parse(cls, text: str, qualifiers: str | None = None) -> "Shell":
        """Read a shell and the comma-separated qualifiers that stood in its parentheses."""
        counts = () if text == "?" else parse_counts(text, "shell")
        isomer = nitrogen = None
        for word in filter(None, (w.strip() for w in (qualifiers or "").split(","))):
            if word in ISOMERS and isomer is None:
                isomer = word
            elif word in NITROGEN_TYPES and nitrogen is None:
                nitrogen = word
            elif word in (isomer, nitrogen) or word in ISOMERS or word in NITROGEN_TYPES:
                raise NotationError(f"qualifier {word!r} of shell {text!r}: state each kind once")
            else:
                raise unknown("shell qualifier", word, [*ISOMERS, *NITROGEN_TYPES])
        return cls(counts, isomer, nitrogen)

    @property
    def is_known(self) -> bool:
        """Whether every neighbour is known by element and number."""
        return bool(self.counts) and all(n is not None for _, n in self.counts)

    @property
    def size(self) -> int | None:
        """Coordination number, or None where not known."""
        return sum(n or 0 for _, n in self.counts) if self.is_known else None

    @property
    def composition(self) -> str:
        """Elements and counts without qualifiers; ``?`` where nothing is known."""
        return format_counts(self.counts) if self.counts else "?"

    @property
    def qualifiers(self) -> tuple[str, ...]:
        """What is stated beside the composition."""
        return tuple(q for q in (self.isomer, self.nitrogen) if q is not None)

    def __str__(self) -> str:
        return self.composition + (f"({','.join(self.qualifiers)})" if self.qualifiers else "")

    def distance(self, other: "Shell") -> int:
        """Smallest number of neighbours to exchange, add or remove to reach the other shell."""
        if not (self.is_known and other.is_known):
            raise NotationError(f"the distance of {self} and {other} needs both shells known")
        mine, theirs = dict(self.counts), dict(other.counts)
        common = sum(min(mine.get(s, 0) or 0, theirs.get(s, 0) or 0) for s in {*mine, *theirs})
        return max(self.size or 0, other.size or 0) - common


def candidates_for(
    shell: Shell, common: tuple[str, ...], sizes: tuple[int, ...]
) -> tuple[Shell, ...]:
    """List the shells an unknown or partly known shell may stand for.

    A plain ``?`` stands for the host's common shells. Where elements are printed (``N?O?``) it
    stands for every shell of an admitted size that holds exactly those elements.
    """
    if shell.is_known:
        return (shell,)
    if not shell.counts:
        return tuple(Shell.parse(text) for text in common)
    fixed = [(s, (n,) if n is not None else range(1, max(sizes, default=0) + 1)) for s, n in
             shell.counts]  # fmt: skip
    found = []
    for numbers in product(*(options for _, options in fixed)):
        if sum(numbers) in sizes:
            pairs = zip((s for s, _ in fixed), numbers, strict=True)
            found.append(Shell(tuple(pairs), nitrogen=shell.nitrogen))
    return tuple(found)
