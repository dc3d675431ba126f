"""Systems that have been labelled or reported: what a proposal is measured against."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sacml.domain.hosts import Host
from sacml.domain.shells import MAX_NEIGHBOURS, Shell
from sacml.domain.sites import Site

if TYPE_CHECKING:
    from sacml.design.space.parts import Parts
    from sacml.features import CandidateTable

DATASETS = ("literature", "dft", "series")


@dataclass(frozen=True, slots=True)
class KnownSystem:
    """One site with the records that report or label it.

    Attributes
    ----------
    site
        As the record states it; the shell may be unknown.
    names
        Materials as printed, in the order of the records.
    record_ids
        Records that hold a value of it, those that a model may learn from first.
    alkalis
        Alkali metals it was met with.
    """

    site: Site
    names: tuple[str, ...]
    record_ids: tuple[str, ...]
    alkalis: tuple[str, ...]

    @property
    def label(self) -> str:
        """Site with what it is called in print."""
        names = [n for n in self.names if n and n != str(self.site)]
        return str(self.site) + (f" ({names[0]})" if names else "")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "site": str(self.site),
            "names": list(self.names),
            "record_ids": list(self.record_ids),
            "alkalis": list(self.alkalis),
        }


@dataclass(frozen=True, slots=True)
class Nearest:
    """The known system closest to a candidate.

    `distance` counts the neighbours exchanged plus the centres exchanged plus one for another
    host.
    """

    system: KnownSystem
    distance: int
    substitutions: int
    same_centres: bool
    same_host: bool

    def __str__(self) -> str:
        parts = [
            "same centres" if self.same_centres else "other centres",
            "same host" if self.same_host else "other host",
            f"{self.substitutions} substitution{'s' * (self.substitutions != 1)} in the shell",
        ]
        return f"{self.system.label}: {', '.join(parts)}"


@dataclass(frozen=True, slots=True)
class KnownSystems:
    """All known systems with a metal centre, one entry per site, ordered by site text."""

    systems: tuple[KnownSystem, ...]

    @classmethod
    def from_records(cls, records: Iterable[Any]) -> "KnownSystems":
        """Gather the sites of records (objects with site, record_id, material, alkali)."""
        gathered: dict[Site, tuple[list[str], list[str], list[str]]] = {}
        kept_out = set()
        for record in records:
            if record.site is None or not record.site.metals or not record.is_sac:
                continue
            names, ids, alkalis = gathered.setdefault(record.site, ([], [], []))
            names.append(record.material or "")
            ids.append(record.record_id)
            alkalis.append(record.alkali)
            if record.not_for_fit:
                kept_out.add(record.record_id)
        for _, ids, _ in gathered.values():
            ids.sort(key=kept_out.__contains__)  # of several starts of one label, the label first
        return cls(
            tuple(
                KnownSystem(site, *(tuple(dict.fromkeys(items)) for items in lists))
                for site, lists in sorted(gathered.items(), key=lambda item: str(item[0]))
            )
        )

    def shells(self, n_centres: int) -> tuple[Shell, ...]:
        """Shells reported around this many centres.

        A shell of which the elements are printed without numbers counts as each shell it may be;
        a shell of which nothing is printed reports nothing.
        """
        found: dict[Shell, None] = {}
        for system in self.systems:
            shell = system.site.shell
            if shell is not None and shell.counts and len(system.site.metals) == n_centres:
                found.update(dict.fromkeys(system.site.possible_shells()))
        return tuple(found)

    def same_as(self, site: Site) -> tuple[KnownSystem, ...]:
        """Return the known systems that this site is, as far as the sources state them.

        The same centres, host, axial ligands and second shell, and the same shell; an isomer or a
        type of N that the source does not state matches any.
        """
        return tuple(s for s in self.systems if _matches(s.site, site))

    def perhaps(self, site: Site) -> tuple[KnownSystem, ...]:
        """Return the known systems of the same centres and host whose shell is not printed."""
        return tuple(
            s
            for s in self.systems
            if s.site.metals == site.metals
            and s.site.host.type == site.host.type
            and s.site.shell is not None
            and not s.site.shell.is_known
            and site.shell in s.site.possible_shells()
        )

    def closeness(
        self, shells: Sequence[Shell], hosts: Sequence[Host], n_centres: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """How far scaffolds are from evidence, and the number of systems there.

        The distance is that of the shells plus one for another host, to the closest known system
        with as many centres and a known shell; a large number where there is none.

        Returns
        -------
        distance, count
            Shape (len(shells), len(hosts)) each.
        """
        found = [
            (s.site.shell, s.site.host.type)
            for s in self.systems
            if s.site.shell is not None
            and s.site.shell.is_known
            and len(s.site.metals) == n_centres
        ]
        if not found:
            shape = (len(shells), len(hosts))
            return np.full(shape, 2 * MAX_NEIGHBOURS), np.zeros(shape, dtype=np.int64)
        distinct = list(dict.fromkeys(shell for shell, _ in found))
        apart = np.array([[shell.distance(other) for other in distinct] for shell in shells])
        moved = apart[:, [distinct.index(shell) for shell, _ in found]]
        other_host = np.array([[host.type != kind for _, kind in found] for host in hosts])
        distance = moved[:, None] + other_host[None]
        nearest = distance.min(axis=2)
        return nearest, (distance == nearest[:, :, None]).sum(axis=2)

    def nearest(self, site: Site) -> Nearest | None:
        """Return the closest known system with as many centres and a known shell, if any."""
        best: Nearest | None = None
        for system in self.systems:
            known = system.site
            if known.shell is None or not known.shell.is_known or site.shell is None:
                continue
            if len(known.metals) != len(site.metals):
                continue
            moved = known.shell.distance(site.shell)
            kept = list(site.metals)
            for metal in known.metals:
                if metal in kept:
                    kept.remove(metal)
            other_host = known.host.type != site.host.type
            distance = moved + len(kept) + other_host
            if best is None or distance < best.distance:
                best = Nearest(system, distance, moved, not kept, not other_host)
        return best


def covers(known: Shell | None, shell: Shell | None) -> bool:
    """Whether a shell may be one that was printed, details that were not stated left open."""
    if known is None or shell is None or not known.is_known:
        return False
    return (
        known.counts == shell.counts
        and known.isomer in (None, shell.isomer)
        and known.nitrogen in (None, shell.nitrogen)
    )


def places(parts: "Parts | CandidateTable", sites: Sequence[Site]) -> NDArray[np.int64]:
    """Where sites stand among the components that candidates point into.

    Returns
    -------
    ndarray of shape (n, 5)
        Number of the site, and the indices of its centre, shell, host and surroundings; one row
        for each shell that it may have, none for a site whose components are not there.
    """
    centres = {c: i for i, c in enumerate(parts.centres)}
    hosts = {h: i for i, h in enumerate(parts.hosts)}
    around = {s: i for i, s in enumerate(parts.surroundings)}
    rows = [
        (number, centres[s.metals], j, hosts[s.host], around[(s.axial, s.second_shell)])
        for number, s in enumerate(sites)
        if s.metals in centres and s.host in hosts and (s.axial, s.second_shell) in around
        for j, shell in enumerate(parts.shells)
        if covers(s.shell, shell)
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 5)


def _matches(known: Site, site: Site) -> bool:
    return (
        known.metals == site.metals
        and known.host == site.host
        and known.axial == site.axial
        and known.second_shell == site.second_shell
        and covers(known.shell, site.shell)
    )


@cache
def bundled() -> KnownSystems:
    """Known systems of the bundled datasets."""
    from sacml.data import load_dataset

    return KnownSystems.from_records(r for name in DATASETS for r in load_dataset(name).records)
