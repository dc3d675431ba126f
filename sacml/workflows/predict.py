"""Predict the three targets for sites, with intervals, an in-domain flag and reasons."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.domain import PRIMARY, STANDARD, Candidate, Conditions, Site, target
from sacml.domain.conditions import NUMBERS, WORDS
from sacml.errors import SacmlError

if TYPE_CHECKING:
    from sacml.models import Predictions, Surrogate


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """One target of one candidate.

    `value`, `lower` and `upper` are in `unit`; an infinite end means that the interval cannot be
    bounded at this level. `assumed` names the conditions that the caller did not state.
    """

    candidate: Candidate
    target: str
    value: float
    lower: float
    upper: float
    unit: str
    level: float
    in_domain: bool
    reasons: tuple[str, ...]
    model: str
    assumed: tuple[str, ...] = ()
    extra: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; infinite ends become None."""
        conditions = self.candidate.conditions
        return {
            "site": str(self.candidate.site),
            "alkali": self.candidate.alkali,
            "conditions": {
                name: getattr(conditions, name)
                for name in (*NUMBERS, *WORDS)
                if getattr(conditions, name) is not None
            },
            "assumed": list(self.assumed),
            "target": self.target,
            "unit": self.unit,
            "value": _plain(self.value),
            "lower": _plain(self.lower),
            "upper": _plain(self.upper),
            "level": self.level,
            "in_domain": self.in_domain,
            "reasons": list(self.reasons),
            "model": self.model,
            **{k: _plain(v) for k, v in self.extra.items()},
        }


def _plain(value: float) -> float | None:
    return float(f"{value:.4g}") if math.isfinite(value) else None


def load_surrogates(
    targets: Sequence[str] = PRIMARY, models: str | Path | None = None
) -> "dict[str, Surrogate]":
    """Load the released surrogates, or those below the folder `models` (one folder a target)."""
    from sacml.models import store

    if models is None:
        return {name: store.load_released(name) for name in targets}
    return {name: store.load(Path(models) / name) for name in targets}


def predict(
    sites: str | Site | Iterable[str | Site],
    alkali: str,
    conditions: Conditions | None = None,
    *,
    targets: Sequence[str] = PRIMARY,
    level: float = 0.9,
    assume: Conditions | None = STANDARD,
    models: str | Path | None = None,
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
    assume
        Used for current density and capacity where `conditions` states none, and named in
        `PredictionRow.assumed`. None leaves them unstated, which the surrogates treat as a state of
        its own.
    models
        Folder of surrogates to use instead of the released ones.

    Returns
    -------
    list of PredictionRow
        Site by site, target by target. Where a site was given by its name, the reasons say how the
        name was read.
    """
    from sacml.data.review import read_site

    listed = [sites] if isinstance(sites, str | Site) else list(sites)
    given = conditions or Conditions()
    candidates = [
        Candidate(s if isinstance(s, Site) else read_site(s), alkali, given) for s in listed
    ]
    notes = [() if isinstance(s, Site) else _how_read(s) for s in listed]
    rows = predict_candidates(
        candidates, targets=targets, level=level, assume=assume, models=models
    )
    return [
        replace(row, reasons=(*row.reasons, *notes[i // len(targets)]))
        for i, row in enumerate(rows)
    ]


def _how_read(text: str) -> tuple[str, ...]:
    """Say what a name stands for; nothing for line notation."""
    from sacml.data.review import system_named

    system = system_named(text)
    return () if system is None else (f"{system.name} read as {system.site}: {system.idealised}",)


def predict_candidates(
    candidates: Sequence[Candidate],
    *,
    targets: Sequence[str] = PRIMARY,
    level: float = 0.9,
    assume: Conditions | None = STANDARD,
    models: str | Path | None = None,
) -> Iterator[PredictionRow]:
    """Predict for candidates that may differ in alkali and conditions; see `predict`."""
    from sacml.features import CandidateTable

    for name in targets:
        target(name)
    if not candidates:
        raise SacmlError("no candidates given: name at least one site, e.g. Co-N4@graphene")
    if not 0 < level < 1:
        raise SacmlError(f"level {level!r} lies outside 0 to 1 (both excluded), e.g. 0.9")
    asked = [
        Candidate(c.site, c.alkali, c.conditions.or_assumed(assume)) if assume else c
        for c in candidates
    ]
    table = CandidateTable.from_candidates(asked)
    surrogates = load_surrogates(targets, models)
    columns = {name: s.predict(table, level=level) for name, s in surrogates.items()}
    for i, (original, candidate) in enumerate(zip(candidates, asked, strict=True)):
        assumed = tuple(
            n for n in original.conditions.unstated if getattr(candidate.conditions, n) is not None
        )
        for name, found in columns.items():
            yield _row(i, candidate, assumed, name, found)


def _row(
    i: int, candidate: Candidate, assumed: tuple[str, ...], name: str, found: "Predictions"
) -> PredictionRow:
    value = float(found.value[i])
    return PredictionRow(
        candidate=candidate,
        target=name,
        value=value,
        lower=float(found.lower[i]),
        upper=float(found.upper[i]),
        unit=found.unit,
        level=found.level,
        in_domain=bool(found.in_domain[i]),
        reasons=found.reasons(i),
        model=found.model_version,
        # binding energies do not depend on the test, so nothing was assumed for them
        assumed=() if name == "binding_energy" else assumed,
        extra=_other_references(candidate.alkali, value) if name == "binding_energy" else {},
    )


def _other_references(alkali: str, against_atom_eV: float) -> dict[str, float]:
    """Convert a binding energy against the isolated atom by our own protocol's references."""
    from sacml.data import references

    known = references()
    extra = {}
    if alkali in known.cohesive_energy_eV:
        extra["against_bulk_eV"] = against_atom_eV + known.cohesive_energy_eV[alkali]
    if alkali in known.graphene_binding_eV:
        extra["against_graphene_eV"] = against_atom_eV - known.graphene_binding_eV[alkali]
    return extra


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
