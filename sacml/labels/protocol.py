"""The binding-energy protocol: which tasks a (site, alkali) takes, in which order."""

import re
from collections.abc import Iterable, Sequence

from sacml.domain.candidates import check_alkali
from sacml.domain.sites import EMPTY, Site
from sacml.labels.settings import ProtocolSettings
from sacml.labels.starts import ATOM_MOMENTS_MU_B, choose_places
from sacml.labels.task import Inputs, LabelError, Task

PRISTINE = "@graphene"
"""The host that binding energies are compared with."""
PRIORITY = {"reference": 0, "site": 10, "first_start": 20, "further_start": 30, "stability": 40}
"""Added to the priority of a request; smaller runs first."""


def atom_key(symbol: str) -> str:
    """Key of an isolated atom."""
    return f"atom/{symbol}"


def bulk_key(symbol: str) -> str:
    """Key of an elementary metal."""
    return f"bulk/{symbol}"


def site_key(site: Site | str, moment: float | None = None) -> str:
    """Key of a bare site, with a start moment of its own or the table's."""
    return f"site/{_text(site)}{_suffix(moment)}"


def adsorption_key(site: Site | str, alkali: str, place: str, moment: float | None = None) -> str:
    """Key of a site with an alkali atom that starts on a place."""
    return f"ads/{_text(site)}/{check_alkali(alkali)}/{place}{_suffix(moment)}"


def start_of(key: str) -> str:
    """Place that a key of a start names, with its start moment where it has one of its own."""
    return key.split("/", 3)[3]


def start_moment(key: str) -> float | None:
    """Start moment of its own that a key of a site or start ends with, in Bohr magnetons."""
    found = re.search(r"/m(-?[\d.]+)$", key)
    return float(found[1]) if found else None


def empty_site(site: Site | str) -> Site:
    """Return the site without its metal.

    Raises
    ------
    LabelError
        If there is no metal, or the pore without it cannot be written (two centres, axial ligands).
    """
    site = Site.parse(site) if isinstance(site, str) else site
    if len(site.metals) != 1 or site.axial:
        raise LabelError(
            f"{site}: the empty site is defined for one metal without axial ligand, so its "
            "stability is not computed"
        )
    return Site((), site.shell, site.host, (), site.second_shell)


def binding_tasks(
    site: Site | str,
    alkali: str,
    settings: ProtocolSettings,
    places: Sequence[str] | None = None,
    moments: Sequence[float | None] = (None,),
    stability: bool = False,
    relative: bool = True,
    priority: int = 0,
) -> tuple[Task, ...]:
    """All tasks of one (site, alkali), each after those it needs.

    Parameters
    ----------
    places
        Starts of the alkali; None takes `choose_places`.
    moments
        Starting moments of the centre, in Bohr magnetons; None is the table's. For each one the
        bare site and every start is a task.
    stability
        Whether `stability_tasks` are in it.
    relative
        Whether the alkali on pristine graphene is computed too.
    """
    site = Site.parse(site) if isinstance(site, str) else site
    check_alkali(alkali)
    tasks = [*reference_tasks(alkali, settings, priority)]
    for moment in moments:
        tasks.append(site_task(site, settings, moment, priority))
        chosen = choose_places(site, alkali, settings) if places is None else places
        for number, place in enumerate(chosen):
            rank = PRIORITY["further_start" if number else "first_start"]
            tasks.append(Task(
                key=adsorption_key(site, alkali, place, moment), kind="adsorption",
                inputs=Inputs(
                    site=str(site), alkali=alkali, place=place, centre_moment_muB=moment
                ),
                needs=(site_key(site, moment),), settings_digest=settings.digest,
                priority=priority + rank,
            ))  # fmt: skip
    if relative and str(site) != PRISTINE:
        tasks += binding_tasks(PRISTINE, alkali, settings, priority=priority)
    if stability:
        tasks += stability_tasks(site, settings, priority)
    return tuple({t.key: t for t in tasks}.values())


def reference_tasks(alkali: str, settings: ProtocolSettings, priority: int = 0) -> tuple[Task, ...]:
    """Isolated atom and bulk metal of an alkali metal."""
    return tuple(
        _element_task(kind, alkali, settings, priority + PRIORITY["reference"])
        for kind in ("atom", "bulk")
    )


def stability_tasks(
    site: Site | str, settings: ProtocolSettings, priority: int = 0
) -> tuple[Task, ...]:
    """Empty site, bulk metal and isolated metal atom of a site.

    Raises
    ------
    LabelError
        If the empty site is not defined.
    """
    site = Site.parse(site) if isinstance(site, str) else site
    rank = priority + PRIORITY["stability"]
    empty = site_task(empty_site(site), settings, None, rank)
    return (empty, *metal_tasks(site.metals, settings, rank))


def metal_tasks(
    metals: Iterable[str], settings: ProtocolSettings, priority: int = 0
) -> tuple[Task, ...]:
    """Bulk and isolated atom of metals; the atom where the protocol's table has its moment.

    All bulk metals come first: the stability of a metal needs no atom.
    """
    asked = tuple(metals)
    return tuple(
        _element_task(kind, metal, settings, priority)
        for kind in ("bulk", "atom")
        for metal in asked
        if kind == "bulk" or metal in ATOM_MOMENTS_MU_B
    )


def site_task(
    site: Site, settings: ProtocolSettings, moment: float | None = None, priority: int = 0
) -> Task:
    """Relaxation of a bare site."""
    inputs = Inputs(site=str(site), centre_moment_muB=moment)
    return Task(
        key=site_key(site, moment), kind="site", inputs=inputs, settings_digest=settings.digest,
        priority=priority + PRIORITY["site"],
    )  # fmt: skip


def single_point_task(
    source: str,
    settings: ProtocolSettings,
    kpts: tuple[int, int, int] | None = None,
    ecut_eV: float | None = None,
    priority: int = 0,
) -> Task:
    """Energy of another task's final structure on another grid or with another cutoff."""
    mesh = "default" if kpts is None else "x".join(map(str, kpts))
    cutoff = "" if ecut_eV is None else f",ecut={ecut_eV:g}"
    return Task(
        key=f"sp/{source}/k={mesh}{cutoff}", kind="single_point",
        inputs=Inputs(kpts=kpts, ecut_eV=ecut_eV), needs=(source,),
        settings_digest=settings.digest, priority=priority,
    )  # fmt: skip


def _element_task(kind: str, symbol: str, settings: ProtocolSettings, priority: int) -> Task:
    return Task.from_dict({
        "key": f"{kind}/{symbol}", "kind": kind, "inputs": {"element": symbol},
        "settings_digest": settings.digest, "priority": priority,
    })  # fmt: skip


def _text(site: Site | str) -> str:
    return str(Site.parse(site) if isinstance(site, str) else site)


def _suffix(moment: float | None) -> str:
    return "" if moment is None else f"/m{float(moment)}"


__all__ = [
    "EMPTY", "PRISTINE", "adsorption_key", "atom_key", "binding_tasks", "bulk_key", "empty_site",
    "metal_tasks", "reference_tasks", "single_point_task", "site_key", "site_task",
    "stability_tasks", "start_moment", "start_of",
]  # fmt: skip
