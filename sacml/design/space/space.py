"""The design space: which candidates are looked at, sized before and generated while they are."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BeforeValidator, Field, field_validator, model_validator

from sacml.design._base import Frozen, plain
from sacml.design.space import generate
from sacml.design.space.constraints import Constraints
from sacml.design.space.contradictions import emptying, nothing_left
from sacml.design.space.estimate import CHUNK, Estimate
from sacml.design.space.layout import build as lay_out
from sacml.design.space.layout import check_surroundings, nearest_host
from sacml.design.space.parts import Layout, Parts
from sacml.design.space.vocabulary import CENTRES, default_hosts, parse_shell, plausible_centres
from sacml.domain.candidates import check_alkali
from sacml.domain.conditions import STANDARD, Conditions
from sacml.domain.elements import METALS
from sacml.errors import DesignError, unknown

if TYPE_CHECKING:
    from sacml.features import CandidateTable


def _pairs(given: Any) -> Any:
    """Take shells per host as a mapping; keep them as pairs, which nobody can change."""
    if isinstance(given, Mapping):
        return tuple((str(host), tuple(shells)) for host, shells in given.items())
    return given


ShellLists = Annotated[tuple[tuple[str, tuple[str, ...]], ...], BeforeValidator(_pairs)]


class Space(Frozen):
    """Candidates by their components, for one alkali metal under one set of conditions.

    Attributes
    ----------
    name
        For reports.
    alkali
        Li, Na or K.
    metals
        Centres; default `plausible_centres`.
    centres
        `single`, `dual` or both.
    hosts
        Hosts as written in a site, e.g. ``ti3c2(T=O)``.
    single_shells, dual_shells
        Shells per host, ``{"graphene": ["N4", "N2C2(trans)"]}``; hosts without an entry get
        `default_shells`.
    axial_ligands, second_shell
        Ligands (``OH``) and dopants (``S1``) tried beside none, where the host admits them.
    conditions
        Test conditions of every candidate, as text or `Conditions`.
    constraints
        What is struck out before the product is taken.
    """

    name: str = "default"
    alkali: str
    metals: tuple[str, ...] = Field(default_factory=plausible_centres)
    centres: tuple[Literal["single", "dual"], ...] = ("single", "dual")
    hosts: tuple[str, ...] = Field(default_factory=default_hosts)
    single_shells: ShellLists = ()
    dual_shells: ShellLists = ()
    axial_ligands: tuple[str, ...] = ()
    second_shell: tuple[str, ...] = ()
    conditions: Conditions = STANDARD
    constraints: Constraints = Field(default_factory=Constraints)

    @field_validator("alkali")
    @classmethod
    def _check_alkali(cls, given: str) -> str:
        return check_alkali(given)

    @field_validator("metals")
    @classmethod
    def _check_metals(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for symbol in given:
            if symbol not in METALS:
                raise unknown("metal", symbol, METALS)
        return tuple(sorted(set(given)))

    @field_validator("metals", "centres", "hosts")
    @classmethod
    def _not_empty(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        if not given:
            raise ValueError("the list is empty; name at least one, or leave the setting out")
        return given

    @field_validator("hosts")
    @classmethod
    def _check_hosts(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(nearest_host(text)) for text in given))

    @field_validator("single_shells", "dual_shells")
    @classmethod
    def _check_shells(cls, given: ShellLists) -> ShellLists:
        return tuple(
            (
                str(nearest_host(host)),
                tuple(dict.fromkeys(str(parse_shell(text)) for text in shells)),
            )
            for host, shells in given
        )

    @field_validator("conditions", mode="before")
    @classmethod
    def _read_conditions(cls, given: Any) -> Any:
        return Conditions.parse(given) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _check_whole(self) -> "Space":
        for setting in ("single_shells", "dual_shells"):
            for host, _ in getattr(self, setting):
                if host not in self.hosts:
                    raise ValueError(
                        f"{setting} names host {host!r}, which is not among hosts: "
                        + ", ".join(self.hosts)
                    )
        hosts = [nearest_host(text) for text in self.hosts]
        check_surroundings(hosts, self.axial_ligands, self.second_shell)
        return self

    @classmethod
    def default(cls, alkali: str = "Li", **settings: Any) -> "Space":
        """Return the default space of an alkali metal, with some settings changed."""
        return cls(alkali=alkali, **settings)

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> "Space":
        """Read a space from plain values."""
        return cls(**settings)

    @classmethod
    def from_toml(cls, source: str | Path) -> "Space":
        """Read a space from a TOML file (a `Path`) or a TOML text."""
        import tomllib

        text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
        try:
            settings = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise DesignError(f"the space is not valid TOML: {error}") from None
        return cls(**settings)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that `from_dict` reads back; settings that are None are left out."""
        out: dict[str, Any] = self.model_dump(mode="python", exclude_none=True)
        out["conditions"] = str(self.conditions)
        for setting in ("single_shells", "dual_shells"):
            out[setting] = {host: list(shells) for host, shells in getattr(self, setting)}
        # reach of None opens the space, which TOML can only say in a word
        if self.constraints.reach is None:
            out["constraints"]["reach"] = "any"
        return plain(out)

    def to_toml(self) -> str:
        """Return a TOML text that `from_toml` reads back."""
        import tomlkit

        return tomlkit.dumps(self.to_dict())

    def _laid_out(self, constraints: Constraints) -> Layout:
        shells = {
            n: {
                host: tuple(parse_shell(text) for text in texts)
                for host, texts in getattr(self, f"{word}_shells")
            }
            for word, n in CENTRES.items()
        }
        return lay_out(
            self.metals,
            [CENTRES[word] for word in self.centres],
            [nearest_host(text) for text in self.hosts],
            shells,
            self.axial_ligands,
            self.second_shell,
            constraints,
        )

    @cached_property
    def layout(self) -> Layout:
        """Components and blocks that are left, made once."""
        try:
            laid = self._laid_out(self.constraints)
        except DesignError:
            raise
        except ValueError as error:
            raise DesignError(f"space {self.name!r} cannot be laid out: {error}") from None
        if not laid.blocks:
            because = emptying(self.constraints, lambda c: self._laid_out(c).size)
            raise nothing_left(self.name, laid, because)
        return laid

    @property
    def parts(self) -> Parts:
        """Distinct components that are left after the constraints."""
        return self.layout.parts

    def declared_size(self) -> int:
        """Number of candidates before the constraints, computed without enumeration."""
        return self.layout.declared

    def size(self) -> int:
        """Number of candidates after the constraints, computed without enumeration."""
        return self.layout.size

    def refused(self) -> Counter[str]:
        """Candidates that the constraints remove, by reason; each is counted once."""
        return Counter(self.layout.refused)

    def estimate(self) -> Estimate:
        """Say how large the space is and what ranking it takes, before anything runs."""
        return Estimate.of(self)

    def memory_estimate(self, chunk: int = CHUNK, n_targets: int = 3) -> int:
        """Estimate the memory in bytes that a ranking takes beyond the loaded package."""
        return Estimate.of(self, chunk, n_targets).memory_bytes

    def rows(self, positions: ArrayLike) -> "CandidateTable":
        """Return the candidates at these positions (0 to size - 1), in the order given."""
        return generate.table(
            self.layout, np.asarray(positions, dtype=np.int64), self.alkali, self.conditions
        )

    def chunks(self, rows: int = CHUNK) -> Iterator["CandidateTable"]:
        """Yield the candidates lazily, always in the same order, `rows` at a time."""
        if rows < 1:
            raise DesignError(f"chunks of {rows} candidates: write 1 or more")
        total = self.size()
        for start in range(0, total, rows):
            yield self.rows(np.arange(start, min(start + rows, total)))
