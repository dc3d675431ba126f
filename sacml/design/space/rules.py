"""Readable rules that tie the components of a site to each other.

Written as sentences: ``host cnt only with metals Fe, Co`` and ``1 S, P among neighbours``. Names
are those of the kinds: metals of the centres, neighbours of the first shell, axial ligands, dopants
of the second shell, and the host.
"""

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sacml.domain.elements import LIGANDS, METALS
from sacml.domain.hosts import Host
from sacml.domain.shells import Shell
from sacml.domain.sites import AXIAL_LIGANDS
from sacml.errors import unknown

KINDS = ("metal", "neighbour", "ligand", "dopant", "host")
VOCABULARY = {
    "metal": METALS,
    "neighbour": (*LIGANDS, *METALS),
    "ligand": AXIAL_LIGANDS,
    "dopant": LIGANDS,
}
Names = Mapping[str, Counter[str]]
"""Kind -> names in one site with their numbers."""

_ONLY_IF = re.compile(r"(\w+)\s+(.+?)\s+only\s+with\s+(\w+)\s+(.+)")
_AT_MOST = re.compile(r"(\d+)\s+(.+?)\s+among\s+(\w+)")


def names_of(
    host: Host,
    centres: tuple[str, ...] = (),
    shell: Shell | None = None,
    axial: tuple[str, ...] = (),
    second: tuple[tuple[str, int], ...] = (),
) -> dict[str, Counter[str]]:
    """Count the names of a site, or of a part of it, by kind."""
    neighbours = Counter({s: n or 0 for s, n in shell.counts}) if shell else Counter[str]()
    return {
        "metal": Counter(centres),
        "neighbour": neighbours,
        "ligand": Counter(axial),
        "dopant": Counter(dict(second)),
        "host": Counter([host.name]),
    }


@dataclass(frozen=True, slots=True)
class Rule(ABC):
    """A rule about the names of a site."""

    text: str

    @property
    @abstractmethod
    def mentions(self) -> Mapping[str, tuple[str, ...]]:
        """Kind -> names that the rule looks at."""

    @abstractmethod
    def broken(self, names: Names) -> bool:
        """Whether a site with these names breaks the rule."""

    def view(self, names: Names) -> tuple[int, ...]:
        """Return what the rule sees of a part; parts that look alike are the same to it."""
        seen = []
        for kind, wanted in self.mentions.items():
            found = names[kind]
            seen += [found[name] for name in wanted]
            seen.append(found.total() - sum(found[name] for name in wanted))
        return tuple(seen)


@dataclass(frozen=True, slots=True)
class OnlyIf(Rule):
    """Sites with one of `names` must have only names of `allowed` in the other kind, and one."""

    kind: str
    names: tuple[str, ...]
    other: str
    allowed: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "OnlyIf":
        """Read ``KIND NAMES only with KIND NAMES``."""
        match = _ONLY_IF.fullmatch(text.strip())
        if match is None:
            raise ValueError(
                f"{text!r}: write KIND NAMES only with KIND NAMES, e.g. "
                "'host cnt only with metals Fe, Co'"
            )
        kind, other = _kind(match[1]), _kind(match[3])
        if kind == other:
            raise ValueError(f"{text!r}: ties {kind}s to {other}s; name two different kinds")
        return cls(text.strip(), kind, _names(kind, match[2]), other, _names(other, match[4]))

    @property
    def mentions(self) -> Mapping[str, tuple[str, ...]]:
        """Kind -> names that the rule looks at."""
        return {self.kind: self.names, self.other: self.allowed}

    def broken(self, names: Names) -> bool:
        """Whether a site with these names breaks the rule."""
        if not any(names[self.kind][name] for name in self.names):
            return False
        found = +names[self.other]
        return not found or not set(found) <= set(self.allowed)


@dataclass(frozen=True, slots=True)
class AtMost(Rule):
    """A site holds at most `number` of `names`, all of them counted together."""

    kind: str
    names: tuple[str, ...]
    number: int

    @classmethod
    def parse(cls, text: str) -> "AtMost":
        """Read ``NUMBER NAMES among KIND``."""
        match = _AT_MOST.fullmatch(text.strip())
        if match is None:
            raise ValueError(
                f"{text!r}: write NUMBER NAMES among KIND, e.g. '1 S, P among neighbours'"
            )
        kind = _kind(match[3])
        return cls(text.strip(), kind, _names(kind, match[2]), int(match[1]))

    @property
    def mentions(self) -> Mapping[str, tuple[str, ...]]:
        """Kind -> names that the rule looks at."""
        return {self.kind: self.names}

    def broken(self, names: Names) -> bool:
        """Whether a site with these names breaks the rule."""
        return sum(names[self.kind][name] for name in self.names) > self.number


def _kind(word: str) -> str:
    kind = word.removesuffix("s")
    if kind == "centre":
        return "metal"
    if kind not in KINDS:
        raise unknown("kind of component", word, KINDS)
    return kind


def _names(kind: str, text: str) -> tuple[str, ...]:
    given = [name.strip() for name in re.split(r",|\band\b|\bor\b", text) if name.strip()]
    if kind == "host":
        return tuple(dict.fromkeys(Host.parse(name).name for name in given))
    for name in given:
        if name not in VOCABULARY[kind]:
            raise unknown(kind, name, VOCABULARY[kind])
    return tuple(dict.fromkeys(given))
