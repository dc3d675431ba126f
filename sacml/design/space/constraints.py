"""Limits on a design space, and the reason each refused part is counted under."""

from collections.abc import Iterable
from typing import Literal

import numpy as np
from pydantic import field_validator, model_validator

from sacml.design import supply
from sacml.design._base import Frozen
from sacml.design.space.contradictions import contradictions
from sacml.design.space.rules import AtMost, OnlyIf, Rule
from sacml.design.space.vocabulary import parse_shell
from sacml.domain.elements import LIGANDS, METALS, element
from sacml.domain.hosts import Host
from sacml.domain.shells import Shell
from sacml.errors import unknown

UNKNOWN_PRICE = "price not known"
UNKNOWN_STATUS = "EU criticality not known"


class Constraints(Frozen):
    """What a proposal must keep to.

    Attributes
    ----------
    exclude_metals, only_metals
        Metals no centre may be, and the only ones a centre may be (None: any).
    require_metals
        Metals that every site must hold.
    max_price_usd_per_kg
        Highest price of any centre, USD/kg. A metal without a price is refused.
    exclude_hazard_classes
        Classes of ICH Q3D(R2) no centre may have; `unassessed` stands for metals it does not name.
    exclude_critical
        Whether critical raw materials of the EU (Regulation 2024/1252) are refused.
    centres
        `single` or `dual` sites only; None for both.
    only_hosts, exclude_hosts
        Host names; options such as ``T=O`` are not looked at.
    exclude_neighbours, require_neighbours
        Elements that no first shell may hold, and that each must hold.
    only_if
        Sentences such as ``host cnt only with metals Fe, Co``: where one of the first names is
        present, the other kind must be present too and hold no other names. Kinds are metals,
        neighbours, ligands, dopants and hosts.
    at_most
        Sentences such as ``1 S, P among neighbours``; the names are counted together.
    reach
        Largest number of exchanged, added or removed neighbours between a shell and the nearest
        labelled or reported shell of as many centres; None (``"any"`` in TOML) opens the space to
        every shell.
    buildable
        Whether sites are refused of which the structure builder makes no checked structure; None:
        as long as `reach` is not opened.
    reported_single, reported_dual
        Shells that `reach` counts from; None takes them from the bundled datasets.
    """

    exclude_metals: tuple[str, ...] = ()
    only_metals: tuple[str, ...] | None = None
    require_metals: tuple[str, ...] = ()
    max_price_usd_per_kg: float | None = None
    exclude_hazard_classes: tuple[str, ...] = ()
    exclude_critical: bool = False
    centres: Literal["single", "dual"] | None = None
    only_hosts: tuple[str, ...] | None = None
    exclude_hosts: tuple[str, ...] = ()
    exclude_neighbours: tuple[str, ...] = ()
    require_neighbours: tuple[str, ...] = ()
    only_if: tuple[str, ...] = ()
    at_most: tuple[str, ...] = ()
    reach: int | None = 1
    buildable: bool | None = None
    reported_single: tuple[str, ...] | None = None
    reported_dual: tuple[str, ...] | None = None

    @field_validator("exclude_metals", "only_metals", "require_metals")
    @classmethod
    def _metals(cls, given: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for symbol in given or ():
            if symbol not in METALS:
                raise unknown("metal", symbol, METALS)
        return given if given is None else tuple(dict.fromkeys(given))

    @field_validator("only_hosts", "exclude_hosts")
    @classmethod
    def _hosts(cls, given: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return given if given is None else tuple(dict.fromkeys(Host.parse(h).name for h in given))

    @field_validator("exclude_neighbours", "require_neighbours")
    @classmethod
    def _elements(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for symbol in given:
            if symbol not in (*LIGANDS, *METALS):
                raise unknown("neighbour", symbol, LIGANDS)
        return tuple(dict.fromkeys(given))

    @field_validator("only_if")
    @classmethod
    def _ties(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(OnlyIf.parse(text).text for text in given)

    @field_validator("at_most")
    @classmethod
    def _numbers(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(AtMost.parse(text).text for text in given)

    @field_validator("exclude_hazard_classes")
    @classmethod
    def _classes(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for name in given:
            if name not in supply.HAZARD_CLASSES:
                raise unknown("hazard class", name, supply.HAZARD_CLASSES)
        return given

    @field_validator("max_price_usd_per_kg")
    @classmethod
    def _price(cls, given: float | None) -> float | None:
        if given is not None and not (np.isfinite(given) and given > 0):
            raise ValueError(f"{given} USD/kg: write a price above zero, e.g. 50, or leave it out")
        return given

    @field_validator("reach", mode="before")
    @classmethod
    def _any(cls, given: object) -> object:
        # TOML has no null
        return None if given == "any" else given

    @field_validator("reach")
    @classmethod
    def _reach(cls, given: int | None) -> int | None:
        if given is not None and given < 0:
            raise ValueError(f"{given}: write 0 or more, or leave it out")
        return given

    @field_validator("reported_single", "reported_dual")
    @classmethod
    def _shells(cls, given: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for text in given or ():
            if not parse_shell(text).is_known:
                raise ValueError(f"shell {text!r} is not known; write its neighbours, e.g. N4")
        return given if given is None else tuple(str(parse_shell(text)) for text in given)

    @model_validator(mode="after")
    def _agree(self) -> "Constraints":
        found = list(contradictions(self))
        if found:
            raise ValueError("contradiction between " + "; and between ".join(found))
        return self

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What ties the components of a site to each other."""
        return (*map(OnlyIf.parse, self.only_if), *map(AtMost.parse, self.at_most))

    @property
    def asks_builder(self) -> bool:
        """Whether the structure builder is asked."""
        return self.reach is not None if self.buildable is None else self.buildable

    def host_reason(self, host: Host, n_centres: int) -> str | None:
        """Why sites with this many centres in this host are refused, or None."""
        if host.name in self.exclude_hosts:
            return f"host {host.name} excluded"
        if self.only_hosts is not None and host.name not in self.only_hosts:
            return "host not among only_hosts"
        if self.centres is not None and n_centres != (1 if self.centres == "single" else 2):
            return f"not a {self.centres}-centre site"
        return None

    def metal_reason(self, metal: str) -> str | None:
        """Why a centre of this metal is refused, or None."""
        if metal in self.exclude_metals:
            return f"metal {metal} excluded"
        if self.only_metals is not None and metal not in self.only_metals:
            return "metal not among only_metals"
        if self.max_price_usd_per_kg is not None:
            price = supply.value(metal, "price_usd_per_kg")
            if np.isnan(price):
                return UNKNOWN_PRICE
            if price > self.max_price_usd_per_kg:
                return f"price above {self.max_price_usd_per_kg:g} USD/kg"
        hazard = supply.hazard_class(metal)
        if hazard in self.exclude_hazard_classes:
            return f"hazard class {hazard} (ICH Q3D)"
        if self.exclude_critical:
            critical = element(metal).eu_critical_raw_material
            if critical is None:
                return UNKNOWN_STATUS
            if critical:
                return "EU critical raw material"
        return None

    def centre_reason(self, centres: tuple[str, ...]) -> str | None:
        """Why sites with these centres are refused, or None; the first metal's reason counts."""
        missing = [m for m in self.require_metals if m not in centres]
        if missing:
            return f"required metal {missing[0]} missing"
        return next(filter(None, map(self.metal_reason, centres)), None)

    def reported(self, n_centres: int) -> tuple[Shell, ...]:
        """Shells that `reach` counts from, around this many centres."""
        given = self.reported_single if n_centres == 1 else self.reported_dual
        if given is not None:
            return tuple(map(parse_shell, given))
        from sacml.design.known import bundled

        return bundled().shells(n_centres)

    def shell_reason(self, shell: Shell, n_centres: int, reported: Iterable[Shell]) -> str | None:
        """Why sites with this shell are refused, or None."""
        held = dict(shell.counts)
        for symbol in self.exclude_neighbours:
            if symbol in held:
                return f"neighbour {symbol} excluded"
        for symbol in self.require_neighbours:
            if symbol not in held:
                return f"required neighbour {symbol} missing"
        if self.reach is None or any(shell.distance(other) <= self.reach for other in reported):
            return None
        kind = "single" if n_centres == 1 else "dual"
        return (
            f"shell more than {self.reach} substitution{'s' * (self.reach != 1)} from every "
            f"labelled or reported {kind}-centre shell"
        )

    def notes(self, metals: Iterable[str]) -> tuple[str, ...]:
        """Say what passes these constraints without having been assessed."""
        if not self.exclude_hazard_classes or "unassessed" in self.exclude_hazard_classes:
            return ()
        passed = [m for m in metals if supply.hazard_class(m) == "unassessed"]
        if not passed:
            return ()
        return (
            "ICH Q3D does not name these metals, so they pass exclude_hazard_classes unassessed: "
            + ", ".join(passed),
        )
