"""Which function builds which host."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from sacml.domain import Site, host_type
from sacml.structures.options import BuildOptions
from sacml.structures.structure import RawSite, StructureError

BuildFunction = Callable[[Site, BuildOptions], RawSite]


@dataclass(frozen=True)
class HostBuilder:
    """One registered builder.

    Attributes
    ----------
    name
        Host or junction as in ``site.host.name``, e.g. ``graphene`` or ``in2s3|ti3c2``.
    build
        ``(site, options) -> RawSite``.
    source
        Citation of lattice, composition and anchoring site.
    counted
        False for a stand-in: a host without a cited lattice or anchoring site of its own.
    note
        Sentence of idealisation that every structure of this host carries; may be empty.
    """

    name: str
    build: BuildFunction
    source: str
    counted: bool = True
    note: str = ""


HOST_BUILDERS: dict[str, HostBuilder] = {}
"""Host name -> builder; filled by `host_builder` once `builders()` has loaded the hosts."""


def host_builder(
    name: str, *, source: str, counted: bool = True, note: str = ""
) -> Callable[[BuildFunction], BuildFunction]:
    """Register a function as the builder of a host. May be stacked for several hosts.

    Raises
    ------
    StructureError
        If the host has a builder already, or a stand-in gives no note.
    """
    for part in name.split("|"):
        host_type(part)

    def register(function: BuildFunction) -> BuildFunction:
        known = HOST_BUILDERS.get(name)
        if known is not None and known.build.__qualname__ != function.__qualname__:
            raise StructureError(f"host {name!r} has a builder already: {known.build.__qualname__}")
        if not counted and not note:
            raise StructureError(f"stand-in {name!r} needs a note that says what it borrows")
        HOST_BUILDERS[name] = HostBuilder(name, function, source, counted, note)
        return function

    return register


@cache
def _load() -> None:
    package = importlib.import_module("sacml.structures.hosts")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def builders() -> dict[str, HostBuilder]:
    """All builders by host name, sorted."""
    _load()
    return dict(sorted(HOST_BUILDERS.items()))


def builder_for(site: Site) -> HostBuilder:
    """Builder of a site's host.

    A junction without a builder of its own is represented by its first part, the one that carries
    the site, as a stand-in whose note says so.

    Raises
    ------
    StructureError
        If no structure can be built of this host; lists the hosts that can.
    """
    _load()
    builder = HOST_BUILDERS.get(site.host.name)
    first = HOST_BUILDERS.get(site.host.parts[0].name)
    if builder is None and first is not None and len(site.host.parts) > 1:
        others = " and ".join(part.name for part in site.host.parts[1:])
        alone = (
            f"Of the junction {site.host.name} only {first.name} is built; {others} is left out."
        )
        note = " ".join(filter(None, (first.note, alone)))
        return replace(first, name=site.host.name, counted=False, note=note)
    if builder is None:
        raise StructureError(
            f"{site}: no structure can be built of host {site.host.name!r}; buildable are "
            + ", ".join(builders())
        )
    return builder


def stand_ins() -> tuple[HostBuilder, ...]:
    """Hosts that are not counted, with the sentence that says why.

    They borrow another host's lattice, are a model of our own, or are controls without a site.
    """
    return tuple(b for b in builders().values() if not b.counted)
