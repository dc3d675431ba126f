"""Hosts: the closed vocabulary of supports, and a host as it is written in a site.

A written host is one or more vocabulary entries joined by ``|`` (a junction), each with options
in parentheses: ``graphene``, ``mos2(v=S)``, ``ti3c2(T=Cl)``, ``cnt(10,0)``, ``in2s3|ti3c2``.
Hosts outside the vocabulary start with ``x_`` and may be named by the user.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sacml.domain.elements import LIGANDS
from sacml.errors import NotationError, unknown

USER_PREFIX = "x_"
_USER_NAME = re.compile(r"x_[a-z0-9][a-z0-9_]*\Z")
_PART = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_\-. ]*)(?:\((?P<options>[^()]*)\))?\Z")


@dataclass(frozen=True, slots=True)
class HostType:
    """One entry of the host vocabulary (see `hosts.toml` for the meaning of each field)."""

    name: str
    title: str
    family: str
    anchors: tuple[str, ...]
    single: tuple[int, ...]
    dual: tuple[int, ...]
    shells: tuple[str, ...]
    formula: str | None = None
    vacancies: tuple[str, ...] = ()
    vacancy_by_size: Mapping[int, str] = field(default_factory=dict)
    terminations: tuple[str, ...] = ()
    chirality: bool = False
    nitrogen: str | None = None
    design: bool = False
    aliases: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def holds_sites(self) -> bool:
        """Whether a metal centre can sit in this host."""
        return bool(self.single)


@cache
def host_types() -> Mapping[str, HostType]:
    """Return the vocabulary, name -> entry, in the order of `hosts.toml`."""
    text = Path(__file__).with_name("hosts.toml").read_text(encoding="utf-8")
    entries = {}
    for name, raw in tomllib.loads(text).items():
        by_size = {int(k): v for k, v in raw.pop("vacancy_by_size", {}).items()}
        lists: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
        entries[name] = HostType(name=name, vacancy_by_size=by_size, **lists)
    return MappingProxyType(entries)


@cache
def _by_alias() -> Mapping[str, str]:
    table = {name: name for name in host_types()}
    for entry in host_types().values():
        table.update({a.lower(): entry.name for a in entry.aliases})
    return table


@cache
def host_type(name: str) -> HostType:
    """Look up a host by name or alias; `x_...` gives a user-defined host.

    Raises
    ------
    UnknownNameError
        With the nearest valid names.
    """
    key = name.strip().lower()
    if key in _by_alias():
        return host_types()[_by_alias()[key]]
    if _USER_NAME.match(key):
        return HostType(
            name=key, title=f"{key[2:]} (user-defined)", family="user", anchors=LIGANDS,
            single=(2, 3, 4, 5, 6), dual=(4, 5, 6, 7, 8), shells=("N4", "N3"),
        )  # fmt: skip
    raise unknown(
        "host", name, list(host_types()), f"a host of your own starts with {USER_PREFIX!r}"
    )


@dataclass(frozen=True, slots=True, order=True)
class HostPart:
    """One layer of a written host: a vocabulary name and what is stated about it."""

    name: str
    vacancy: str | None = None
    termination: str | None = None
    chirality: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        entry = host_type(self.name)
        object.__setattr__(self, "name", entry.name)
        if self.vacancy is not None and self.vacancy not in entry.vacancies:
            raise NotationError(
                f"host {entry.name!r} has no vacancy {self.vacancy!r}; allowed: "
                + (", ".join(entry.vacancies) or "none")
            )
        if self.termination is not None and self.termination not in entry.terminations:
            raise NotationError(
                f"host {entry.name!r} has no termination {self.termination!r}; allowed: "
                + (", ".join(entry.terminations) or "none")
            )
        if self.chirality is not None:
            n, m = self.chirality
            if not entry.chirality:
                raise NotationError(f"host {entry.name!r} takes no (n,m): it is not a nanotube")
            if not 0 <= m <= n or n < 3:
                raise NotationError(
                    f"nanotube ({n},{m}) is impossible: n >= 3 and 0 <= m <= n, e.g. cnt(10,0)"
                )

    @property
    def type(self) -> HostType:
        """The vocabulary entry."""
        return host_type(self.name)

    def __str__(self) -> str:
        options = []
        if self.chirality is not None:
            options.append(f"{self.chirality[0]},{self.chirality[1]}")
        if self.vacancy is not None:
            options.append(f"v={self.vacancy}")
        if self.termination is not None:
            options.append(f"T={self.termination}")
        return self.name + (f"({','.join(options)})" if options else "")


@dataclass(frozen=True, slots=True)
class Host:
    """A host as written: one part, or several joined by ``|``. The first part carries the site."""

    parts: tuple[HostPart, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise NotationError("a site needs a host after '@', e.g. Co-N4@graphene")

    @classmethod
    def parse(cls, text: str) -> "Host":
        """Read ``name(options)|name(options)``."""
        return cls(tuple(_parse_part(part) for part in text.split("|")))

    @property
    def type(self) -> HostType:
        """The vocabulary entry of the part that carries the site."""
        return self.parts[0].type

    @property
    def name(self) -> str:
        """Names of the parts without their options, e.g. ``in2s3|ti3c2``."""
        return "|".join(part.name for part in self.parts)

    def __str__(self) -> str:
        return "|".join(map(str, self.parts))


def _parse_part(text: str) -> HostPart:
    match = _PART.match(text.strip())
    if match is None:
        raise NotationError(f"cannot read host {text!r}: write name or name(option,option)")
    name = host_type(match["name"]).name
    values: dict[str, str] = {}
    numbers: list[int] = []
    for option in filter(None, (o.strip() for o in (match["options"] or "").split(","))):
        key, equals, value = option.partition("=")
        if not equals and option.isdecimal():
            numbers.append(int(option))
        elif equals and key in ("v", "T") and value and key not in values:
            values[key] = value
        else:
            raise NotationError(
                f"cannot read option {option!r} of host {text!r}: write v=VACANCY, T=TERMINATION "
                "(each once) or a nanotube's n,m"
            )
    if len(numbers) not in (0, 2):
        raise NotationError(f"a nanotube needs two integers n,m in {text!r}, e.g. cnt(10,0)")
    return HostPart(
        name,
        vacancy=values.get("v"),
        termination=values.get("T"),
        chirality=(numbers[0], numbers[1]) if numbers else None,
    )
