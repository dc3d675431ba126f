"""From a candidate to atoms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sacml.domain import Candidate, Site
from sacml.errors import SacmlError
from sacml.structures.options import BuildOptions
from sacml.structures.registry import builder_for
from sacml.structures.structure import Structure, StructureError

DEFAULTS = BuildOptions()


def build(
    site: Site | str,
    alkali: str | None = None,
    place: str | None = None,
    options: BuildOptions | None = None,
) -> Structure:
    """Build one candidate, deterministically.

    Parameters
    ----------
    site
        A site with a known shell; unknown shells are resolved by the caller (`Site.resolved`).
    alkali
        Li, Na or K; None for the bare site.
    place
        Name of a place (see `sacml.structures.places`); None takes the first of the list, which
        is ordered as the protocol tries them: ring6, ring5, top, hollow, neighbour.

    Raises
    ------
    StructureError
        If the host cannot hold the site, the shell is not known, the isomer cannot be built, the
        cell is too small, or the strain passes the limit; the message names the candidate.
    NotationError
        If the text of the site cannot be read.
    """
    site = Site.parse(site) if isinstance(site, str) else site
    options = options or DEFAULTS
    _check_shell(site)
    builder = builder_for(site)
    raw = builder.build(site, options)
    notes = ((builder.note,) if builder.note else ()) + raw.idealisation
    raw = replace(raw, source=raw.source or builder.source, idealisation=notes)
    if raw.strain > options.max_strain:
        raise StructureError(
            f"{site}: the host's lattice would be strained by {raw.strain:.1%}, and the limit is "
            f"{options.max_strain:.1%}; take a larger cell or raise max_strain"
        )
    structure = Structure.from_raw(raw, site, builder.counted)
    if options.start_moments_mu_B:
        moments = tuple(sorted(options.start_moments_mu_B.items()))
        structure = replace(structure, start_moments_mu_B=moments)
    if alkali is None:
        if place is not None:
            raise StructureError(f"{site}: place {place!r} was given without an alkali")
        return structure
    from sacml.structures.alkali import add_alkali

    return add_alkali(structure, alkali, place, options)


def _check_shell(site: Site) -> None:
    if site.shell is not None and not site.shell.is_known:
        allowed = ", ".join(str(s) for s in site.resolved())
        raise StructureError(
            f"{site}: the shell is not known, so there is no one structure; build one of {allowed}"
        )


def build_many(
    candidates: Iterable[Candidate | Site | str],
    options: BuildOptions | None = None,
    places: Mapping[str, str] | Sequence[str | None] | None = None,
    check: bool = True,
) -> tuple[list[Structure], list[tuple[str, str]]]:
    """Build a batch; what cannot be built is returned with its reason, all of it at once.

    Parameters
    ----------
    candidates
        Candidates (with alkali) or sites (without), as objects or text.
    places
        Place by alkali, or one for each candidate; None takes the default place.
    check
        Whether `sacml.structures.check` runs on each structure; its problems are reasons.

    Returns
    -------
    (structures, refused)
        refused holds ``(candidate as text, reason)``.
    """
    from sacml.structures.checks import problems

    built: list[Structure] = []
    refused: list[tuple[str, str]] = []
    for number, given in enumerate(candidates):
        try:
            candidate = _read(given)
            site = candidate.site if isinstance(candidate, Candidate) else candidate
            alkali = candidate.alkali if isinstance(candidate, Candidate) else None
            place = places.get(alkali or "") if isinstance(places, Mapping) else (
                places[number] if places is not None else None
            )  # fmt: skip
            structure = build(site, alkali, place, options)
            found = problems(structure, options) if check else ()
        except SacmlError as error:
            refused.append((str(given), str(error)))
            continue
        if found:
            refused.append((str(given), "; ".join(found)))
        else:
            built.append(structure)
    return built, refused


def _read(given: Candidate | Site | str) -> Candidate | Site:
    if isinstance(given, str):
        return Candidate.parse(given) if ";" in given else Site.parse(given)
    return given
