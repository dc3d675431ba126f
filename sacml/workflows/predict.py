"""Predict the three targets for sites, with intervals, an in-domain flag and reasons."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.domain import STANDARD, Candidate, Conditions, Modifier, Site, target
from sacml.errors import SacmlError
from sacml.workflows.prediction_rows import PredictionRow, Refined, all_reasons, energy_reference
from sacml.workflows.roles import load_refine, load_surrogates

if TYPE_CHECKING:
    from sacml.features import CandidateTable
    from sacml.models import Surrogate

__all__ = ["PredictionRow", "load_surrogates", "predict", "predict_candidates", "predict_table"]


def predict(
    sites: str | Site | Iterable[str | Site],
    alkali: str,
    conditions: Conditions | None = None,
    *,
    targets: Sequence[str] | None = None,
    level: float = 0.9,
    assume: Conditions | None = STANDARD,
    models: str | Path | None = None,
    refine: bool = False,
    modifier: str | Modifier | None = None,
) -> list[PredictionRow]:
    """Predict every target for one site or several.

    Parameters
    ----------
    sites
        Line notation, names of systems of the review (``ZnSAs``), or `Site` objects.
    alkali
        ``Li``, ``Na`` or ``K``.
    conditions
        What is known of the test.
    targets
        Default: all that are released, or all that `models` holds.
    assume
        Used for current density and capacity where `conditions` states none, and named in
        `PredictionRow.assumed`. None leaves them unstated, which the surrogates treat as a state of
        its own.
    models
        Folder of surrogates to use instead of the released ones.
    refine
        Ask the refine surrogates too; `PredictionRow.refined` holds their answer.
    modifier
        What the material is where it is no single-atom site: a class of `MODIFIER_CLASSES`, with
        its active elements after a colon, e.g. ``"alloy:Sn"``.

    Returns
    -------
    list of PredictionRow
        Site by site, target by target. Where a site was given by its name, the reasons say how the
        name was read.
    """
    from sacml.data.review import how_read, read_site

    listed = [sites] if isinstance(sites, str | Site) else list(sites)
    given = conditions or Conditions()
    candidates = [
        Candidate(s if isinstance(s, Site) else read_site(s), alkali, given) for s in listed
    ]
    notes = [() if isinstance(s, Site) else how_read(s) for s in listed]
    rows = list(
        predict_candidates(
            candidates,
            targets=targets,
            level=level,
            assume=assume,
            models=models,
            refine=refine,
            modifier=modifier,
        )
    )
    per_site = len(rows) // len(listed)
    return [
        replace(row, reasons=(*row.reasons, *notes[i // per_site])) for i, row in enumerate(rows)
    ]


def predict_candidates(
    candidates: Sequence[Candidate],
    *,
    targets: Sequence[str] | None = None,
    level: float = 0.9,
    assume: Conditions | None = STANDARD,
    models: str | Path | None = None,
    refine: bool = False,
    modifier: str | Modifier | None = None,
) -> Iterator[PredictionRow]:
    """Predict for candidates that may differ in alkali and conditions; see `predict`."""
    from sacml.features import CandidateTable

    for name in targets or ():
        target(name)
    if not candidates:
        raise SacmlError("no candidates given: name at least one site, e.g. Co-N4@graphene")
    if not 0 < level < 1:
        raise SacmlError(f"level {level!r} lies outside 0 to 1 (both excluded), e.g. 0.9")
    filled = {c.conditions: _filled(c.conditions, assume) for c in candidates}
    asked = [Candidate(c.site, c.alkali, filled[c.conditions][0]) for c in candidates]
    table = CandidateTable.from_candidates(asked, _modifiers(asked, modifier))
    surrogates = load_surrogates(targets, models)
    second = load_refine(surrogates, models) if refine else {}
    assumed = [filled[c.conditions][1] for c in candidates]
    answers = (
        _answers(s, second.get(name), table, level, asked, assumed)
        for name, s in surrogates.items()
    )
    return chain.from_iterable(zip(*answers, strict=True))


def _filled(given: Conditions, assume: Conditions | None) -> tuple[Conditions, tuple[str, ...]]:
    """Fill in what is assumed, and name it."""
    if assume is None:
        return given, ()
    full = given.or_assumed(assume)
    return full, tuple(n for n in given.unstated if n not in full.unstated)


def read_modifier(text: str) -> Modifier:
    """Read ``CLASS`` or ``CLASS:ELEMENTS``, e.g. ``nanoparticle:Ag`` or ``alloy:Li-Sn``."""
    name, _, elements = text.partition(":")
    return Modifier(name.strip(), tuple(filter(None, elements.strip().split("-"))))


def _modifiers(
    asked: Sequence[Candidate], modifier: str | Modifier | None
) -> list[Modifier] | None:
    if modifier is None:
        return None
    given = read_modifier(modifier) if isinstance(modifier, str) else modifier
    sites = list(dict.fromkeys(str(c.site) for c in asked if c.site.metals))
    if sites or given.is_site:
        raise SacmlError(
            f"modifier {given.modifier_class!r} was given for {', '.join(sites[:5]) or 'a host'}: "
            "a site with metal centres says by itself what it is; a modifier says what a host "
            "without them carries, e.g. @cu_foil with alloy:Sn"
        )
    return [given] * len(asked)


def _answers(
    surrogate: "Surrogate",
    second: "Surrogate | None",
    table: "CandidateTable",
    level: float,
    asked: Sequence[Candidate],
    assumed: Sequence[tuple[str, ...]],
) -> Iterator[PredictionRow]:
    """Answer for one target row by row; `map` keeps long tables fast."""
    found = surrogate.predict(table, level=level)
    reference, shifts = energy_reference(surrogate)
    values, alkali = found.value.tolist(), table.alkali_index.tolist()
    # binding energies do not depend on the test, so nothing was assumed for them
    energy = surrogate.target == "binding_energy"
    return map(
        PredictionRow,
        asked,
        repeat(surrogate.target),
        values,
        found.lower.tolist(),
        found.upper.tolist(),
        repeat(found.unit),
        repeat(found.level),
        found.in_domain.tolist(),
        all_reasons(found),
        repeat(found.model_version),
        repeat(()) if energy else assumed,
        ({n: v + s for n, s in shifts[a].items()} for v, a in zip(values, alkali, strict=True)),
        repeat(reference),
        _refined(surrogate, second, table, level),
    )


def _refined(
    screen: "Surrogate", second: "Surrogate | None", table: "CandidateTable", level: float
) -> Iterator[Refined | None]:
    if second is None:
        yield from repeat(None, len(table))
        return
    found = second.predict(table, level=level)
    for i, reasons in enumerate(all_reasons(found)):
        yield Refined(
            value=float(found.value[i]),
            lower=float(found.lower[i]),
            upper=float(found.upper[i]),
            in_domain=bool(found.in_domain[i]),
            reasons=reasons,
            model=f"{second.model} {second.version}",
            same_model=second.version == screen.version,
        )


def predict_table(
    path: str | Path, alkali: str | None = None, **options: Any
) -> Iterator[PredictionRow]:
    """Predict for every row of a CSV (its columns: `candidate_files.COLUMNS`).

    Raises
    ------
    TableError
        With every bad row at once.
    """
    from sacml.workflows.candidate_files import read_candidates

    return predict_candidates(read_candidates(path, alkali), **options)
