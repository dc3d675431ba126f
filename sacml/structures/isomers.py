"""The symmetry-distinct arrangements of a site's shell."""

from sacml.domain import Site
from sacml.structures.hosts.graphene import REPEAT, REPEAT_DUAL, pore_kind
from sacml.structures.hosts.pores import pore
from sacml.structures.hosts.shells import Arrangement, arrangements_in, isomer_of, without_fifth
from sacml.structures.options import BuildOptions
from sacml.structures.structure import StructureError


def arrangements(site: Site | str, options: BuildOptions | None = None) -> tuple[Arrangement, ...]:
    """All symmetry-distinct ways to lay a site's first shell around its pore in graphene.

    The position in the tuple is what ``BuildOptions.arrangement`` counts; `isomer_of` gives the
    isomer label of each, where it has one.

    Raises
    ------
    StructureError
        If the host is not of the graphene family or the shell is not known.
    """
    site = Site.parse(site) if isinstance(site, str) else site
    options = options or BuildOptions()
    if site.shell is None or not site.shell.is_known:
        raise StructureError(f"{site}: arrangements are counted for a known shell")
    if site.host.type.family != "carbon" or site.host.type.chirality:
        raise StructureError(f"{site}: arrangements are counted in graphene and its stand-ins")
    flat, _ = without_fifth(site)
    assert flat.shell is not None
    repeat = options.repeat or (REPEAT_DUAL if len(site.metals) == 2 else REPEAT)
    return arrangements_in(flat.shell.counts, pore(pore_kind(flat, options), repeat), site.metals)


__all__ = ["arrangements", "isomer_of"]
