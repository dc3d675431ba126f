"""Hold the claims of the review against our DFT labels and against the surrogates.

A comparison counts only where it exceeds its uncertainty, and nothing is adjusted afterwards:

- labels: each carries `LABEL_NOISE_EV`, so a difference of two carries that times sqrt(2);
- changes of bonds carry `BOND_NOISE_A` in the same way, and are compared at the largest number of
  alkali atoms that both sites are labelled with;
- surrogates: a difference lies between the lower end of one interval minus the upper end of the
  other, and the reverse. If both intervals hold at 90 %, this one holds at 80 % at least
  (Bonferroni); it excludes zero exactly where the two intervals do not overlap.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sacml.data.claims import Claim
from sacml.domain import Site
from sacml.labels.loading import bundled_loadings
from sacml.workflows.roles import REFINE, SCREEN, load_refine, load_surrogates

if TYPE_CHECKING:
    from sacml.data import Record
    from sacml.labels.loading import LoadingLabel
    from sacml.models import Surrogate

LABEL_NOISE_EV = 0.05
"""Error of one label: k-points, geometry and cutoff, see the protocol and card of the data."""
BOND_NOISE_A = 0.0125
"""Error of the largest change of a bond: the force a relaxation may leave (0.15 eV/A) over the
stiffness of a metal's bond (12 eV/A^2), see the protocol."""
BOND_CHANGE = "bond_change"
"""What a claim compares that is no target: the largest change of a bond when alkali binds."""
AGREES, DISAGREES, UNDECIDED, NOT_TESTED = "agrees", "disagrees", "undecided", "not tested"
SERIES = "*-"
"""What a site begins with that stands for every other labelled metal in its shell."""

Labels = Mapping[tuple[str, str], "Record"]
Bonds = Mapping[tuple[str, str], Mapping[int, float]]
"""(site, alkali) -> number of alkali atoms -> largest change of a bond in Angstrom."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values and what their difference (first minus second) may be, in one unit."""

    first: str
    second: str
    first_value: float
    second_value: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """First minus second."""
        return self.first_value - self.second_value

    def verdict(self, relation: str) -> str:
        """Say whether the difference has the claimed sign beyond its uncertainty."""
        sign = 1 if relation == "above" else -1
        ends = sorted((sign * self.low, sign * self.high))
        return AGREES if ends[0] > 0 else DISAGREES if ends[1] < 0 else UNDECIDED


@dataclass(frozen=True, slots=True)
class Check:
    """One claim against one kind of evidence.

    Attributes
    ----------
    evidence
        ``labels``, or the role of a surrogate.
    verdict
        One of `AGREES`, `DISAGREES`, `UNDECIDED`, `NOT_TESTED`. A claim about a whole series agrees
        if every pair does, and disagrees if one pair contradicts it.
    shown
        The comparison that speaks most against the claim, None if nothing was compared.
    why
        What the verdict rests on, or why there is none.
    """

    claim: Claim
    evidence: str
    verdict: str
    shown: Comparison | None
    why: str


def check_claims(
    claims: Iterable[Claim] | None = None,
    labels: "Iterable[Record] | None" = None,
    surrogates: "Mapping[str, Mapping[str, Surrogate]] | None" = None,
    level: float = 0.9,
    loadings: "Iterable[LoadingLabel] | None" = None,
) -> list[Check]:
    """Check claims against labels and surrogates.

    Parameters
    ----------
    claims
        Those of the review by default.
    labels
        Binding energies of one protocol and reference; by default what the released surrogate of
        binding energies is fitted on and its controls.
    surrogates
        Role -> target -> surrogate; by default the released ones.
    level
        Of the interval of each surrogate.
    loadings
        Labels of several alkali atoms on a site; by default the bundled ones, none where `labels`
        are given.

    Returns
    -------
    list of Check
        Claim by claim: the labels, then each role.
    """
    from sacml.data import training_records
    from sacml.data.claims import claims as of_the_review

    if labels is None:
        labels = training_records("binding_energy")
        loadings = bundled_loadings() if loadings is None else loadings
    strongest_last = sorted(labels, key=lambda r: -r.value)
    known = {(str(r.site), r.alkali): r for r in strongest_last}
    bonds = _bonds(known, loadings or ())
    if surrogates is None:
        surrogates = _released()
    found = []
    for claim in of_the_review() if claims is None else claims:
        found.append(
            _against_bonds(claim, known, bonds) if claim.target == BOND_CHANGE
            else _against_labels(claim, known)
        )  # fmt: skip
        for role, by_target in surrogates.items():
            found.append(_against_surrogate(claim, role, by_target, known, level))
    return found


def _released() -> "dict[str, dict[str, Surrogate]]":
    """Released surrogates by role; a refine surrogate that is the screen one has no row."""
    screen = load_surrogates()
    refine = {
        name: s
        for name, s in load_refine(screen, required=False).items()
        if s.version != screen[name].version
    }
    return {SCREEN: screen} | ({REFINE: refine} if refine else {})


def _seconds(claim: Claim, known: Labels) -> list[str]:
    """Sites that `first` is compared with; a series is every other labelled metal."""
    if not claim.second.startswith(SERIES):
        return [claim.second] if claim.second else []
    tail = claim.second.removeprefix(SERIES)
    series = (s for s, alkali in known if alkali == claim.alkali and s != claim.first)
    return sorted(s for s in series if s.partition("-")[2] == tail and Site.parse(s).metals)


def _labelled(site: str, alkali: str, known: Labels) -> "Record | None":
    """Return the label of a site; without an isomer, the strongest of the isomers labelled."""
    if (site, alkali) in known:
        return known[site, alkali]
    shell, _, host = site.partition("@")
    isomers = [
        r for (s, a), r in known.items()
        if a == alkali and s.startswith(f"{shell}(") and s.partition("@")[2] == host
    ]  # fmt: skip
    return min(isomers, key=lambda r: r.value, default=None)


def _against_labels(claim: Claim, known: Labels) -> Check:
    if claim.target != "binding_energy":
        return Check(claim, "labels", NOT_TESTED, None,
                     claim.untested or "our labels are binding energies")  # fmt: skip
    first = _labelled(claim.first, claim.alkali, known)
    wanted = _seconds(claim, known)
    seconds = [r for s in wanted if (r := _labelled(s, claim.alkali, known)) is not None]
    if first is None or not seconds:
        sides = ((claim.first, first is None), (claim.second, not seconds))
        missing = " and ".join(s for s, lacks in sides if s and lacks)
        named = f"no label of {missing} with {claim.alkali}" if missing else "no site is named"
        return Check(claim, "labels", NOT_TESTED, None, claim.untested or named)
    noise = math.sqrt(2) * LABEL_NOISE_EV
    pairs = [
        Comparison(str(first.site), str(r.site), first.value, r.value,
                   first.value - r.value - noise, first.value - r.value + noise)
        for r in seconds
    ]  # fmt: skip
    notes = [
        f"{r.site} has one start and may bind more strongly"
        for r in (first, *seconds)
        if r.site.metals and r.fact("starts_tried") == "1"
    ]
    return _judged(claim, "labels", pairs, [f"each label +-{LABEL_NOISE_EV:g} eV", *notes])


def _bonds(known: Labels, loadings: "Iterable[LoadingLabel]") -> Bonds:
    """Changes of bonds by the number of alkali atoms, one from the labels themselves."""
    found: dict[tuple[str, str], dict[int, float]] = {}
    for key, record in known.items():
        if text := record.fact("largest_bond_change_A"):
            found.setdefault(key, {})[1] = float(text)
    for several in loadings:
        key = several.site, several.alkali
        found.setdefault(key, {})[several.count] = several.largest_bond_change_A
    return found


def _against_bonds(claim: Claim, known: Labels, bonds: Bonds) -> Check:
    first = bonds.get((claim.first, claim.alkali), {})
    pairs, counts = [], Counter[int]()
    noise = math.sqrt(2) * BOND_NOISE_A
    for site in _seconds(claim, known):
        second = bonds.get((site, claim.alkali), {})
        if common := set(first) & set(second):
            n = max(common)
            counts[n] += 1
            a, b = first[n], second[n]
            pairs.append(Comparison(claim.first, site, a, b, a - b - noise, a - b + noise))
    if not pairs:
        return Check(claim, "labels", NOT_TESTED, None, claim.untested or "no label of both sites")
    said = ", ".join(f"{n} {claim.alkali} on each site in {k} pairs" for n, k in counts.items())
    return _judged(claim, "labels", pairs, [f"{said}; each change +-{BOND_NOISE_A:g} A"])


def _against_surrogate(
    claim: Claim,
    role: str,
    by_target: "Mapping[str, Surrogate]",
    known: Labels,
    level: float,
) -> Check:
    from sacml.features import CandidateTable

    seconds = _seconds(claim, known)
    if claim.target == BOND_CHANGE:
        why = "no surrogate of the change of a bond is released"
        return Check(claim, role, NOT_TESTED, None, why)
    if claim.target not in by_target:
        why = claim.untested or f"no surrogate of its own in the role {role}"
        return Check(claim, role, NOT_TESTED, None, why)
    if not claim.first or not seconds:
        return Check(claim, role, NOT_TESTED, None, claim.untested or "no site is named")
    surrogate = by_target[claim.target]
    asked = [claim.candidate(s) for s in (claim.first, *seconds)]
    p = surrogate.predict(CandidateTable.from_candidates(asked), level)
    pairs = [
        Comparison(claim.first, s, float(p.value[0]), float(p.value[i]),
                   float(p.lower[0] - p.upper[i]), float(p.upper[0] - p.lower[i]))
        for i, s in enumerate(seconds, start=1)
    ]  # fmt: skip
    notes = [f"{surrogate.model}, {100 * level:g} % intervals"]
    if np.array_equal(p.value[1:], np.full(len(seconds), p.value[0])):
        notes.append("it does not tell the two apart")
    if not p.in_domain.all():
        out = [s for s, inside in zip((claim.first, *seconds), p.in_domain, strict=True)
               if not inside]  # fmt: skip
        notes.append(f"out of domain: {', '.join(out)}")
    if claim.target == "binding_energy":
        labels = (_labelled(s, claim.alkali, known) for s in (claim.first, *seconds))
        seen = [r for r in labels if r and (r.is_sac or surrogate.trained_on == "all")]
        notes.append(f"{len(seen)} of {1 + len(seconds)} sites among its training records")
    return _judged(claim, role, pairs, notes)


def _judged(claim: Claim, evidence: str, pairs: Sequence[Comparison], notes: list[str]) -> Check:
    verdicts = [p.verdict(claim.relation) for p in pairs]
    verdict = next(v for v in (DISAGREES, UNDECIDED, AGREES) if v in verdicts)
    if len(pairs) > 1:
        counts = (f"{verdicts.count(v)} {v}" for v in (AGREES, DISAGREES, UNDECIDED))
        notes = [f"of {len(pairs)} pairs {', '.join(counts)}", *notes]
    if claim.second.startswith(SERIES):
        notes.append("the metals compared are ours, the review does not list its own")
    sign = -1 if claim.relation == "above" else 1
    shown = max(pairs, key=lambda p: sign * p.difference)
    return Check(claim, evidence, verdict, shown, "; ".join(notes))
