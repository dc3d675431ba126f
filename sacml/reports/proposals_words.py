"""Sentences of the page of proposals: what an answer says, what it does not, and what a site costs.

They are made from the answer itself, so that no sentence stays when it stops to be true.
"""

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sacml.domain import TARGETS
from sacml.reports.words import interval, number, short

if TYPE_CHECKING:
    from sacml.design import Objective, Proposal, Proposals, TargetPrediction
    from sacml.domain import Conditions

UNITS = {
    "current_density_mA_cm2": "mA cm⁻²",
    "areal_capacity_mAh_cm2": "mAh cm⁻²",
    "temperature_C": "°C",
}
"""Conditions that are numbers, with their units as they are read."""
HAZARD_GAPS = {
    None: "hazard class not known",
    "other": "named by ICH Q3D without a hazard class",
    "unassessed": "hazard not assessed by ICH Q3D",
}


def shared(sentences: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Sentences that every proposal of two or more has, so that they are said once."""
    lists = list(sentences)
    if len(lists) < 2:
        return ()
    return tuple(s for s in dict.fromkeys(lists[0]) if all(s in rest for rest in lists[1:]))


def flag(p: "TargetPrediction") -> str:
    """Whether the surrogate knows candidates like this one."""
    return "inside the domain" if p.in_domain else "outside the domain"


def value(p: "TargetPrediction") -> str:
    """Predicted value with its unit."""
    return f"{number(p.value)} {p.unit}"


def bounds(p: "TargetPrediction") -> str:
    """Interval of a prediction, in words."""
    return "no bounds" if p.is_unbounded else interval(p.lower, p.upper)


def disagreement(screen: "TargetPrediction", refined: "TargetPrediction") -> str:
    """Say how far refine is from screen, and whether the screen interval allowed for it."""
    if TARGETS[screen.target].scale == "linear" or min(screen.value, refined.value) <= 0:
        gap = f"{number(abs(refined.value - screen.value))} {screen.unit}"
    else:
        gap = f"a factor of {number(2 ** abs(math.log2(refined.value / screen.value)))}"
    inside = screen.lower <= refined.value <= screen.upper
    return f"{gap} apart, {'inside' if inside else 'outside'} the interval of screen"


def refine_summary(found: "Proposals", one_model: tuple[str, ...]) -> str:
    """One sentence on the second opinion about the whole list."""
    compared = [
        (p, t, q) for p in found for t, q in p.refined.items() if t in p.predictions
    ]  # fmt: skip
    same = ", ".join(short(TARGETS[t]).lower() for t in one_model)
    if not compared:
        if one_model:
            return (
                f"Screen and refine are one model for {same}: the short list has no second opinion."
            )
        return "No second model was asked about the short list."
    outside = sum(not p.predictions[t].lower <= q.value <= p.predictions[t].upper
                  for p, t, q in compared)  # fmt: skip
    text = (
        f"A second model (refine) was asked {len(compared)} times; {outside} of its answers "
        f"{'lies' if outside == 1 else 'lie'} outside the interval of the first (screen)."
    )
    return text + (f" One model serves both roles for {same}." if same else "")


def costs(facts: Mapping[str, Any]) -> str:
    """What the worst centre costs and what stands against it."""
    price, abundance = facts.get("price_usd_per_kg"), facts.get("crustal_abundance_mg_per_kg")
    critical, hazard = facts.get("eu_critical_raw_material"), facts.get("hazard_class")
    words = [
        "price not known" if price is None else f"{number(price)} USD per kg of metal",
        "abundance not known"
        if abundance is None
        else f"{number(abundance)} mg per kg of the Earth's crust",
        "EU criticality not known"
        if critical is None
        else ("critical raw material of the EU" if critical else "not critical in the EU"),
        HAZARD_GAPS.get(hazard, f"hazard class {hazard} (ICH Q3D, 1 the most toxic)"),
    ]
    return "; ".join(words) + "."


def conditions(given: "Conditions") -> str:
    """Conditions in words, with what is not stated."""
    stated = [
        f"{getattr(given, name):g} {unit}"
        for name, unit in UNITS.items()
        if getattr(given, name) is not None
    ]
    stated += [w for w in (given.electrolyte, given.cell, given.role) if w]
    missing = ", ".join(n.split("_m")[0].removesuffix("_C").replace("_", " ")
                        for n in given.unstated)  # fmt: skip
    text = ", ".join(stated) or "none stated"
    return f"{text}; not stated: {missing}" if stated and missing else text


def evidence(sentence: str, target: str) -> str:
    """Sentence of an evaluation without the name of its target in front."""
    text = sentence.removeprefix(f"{target}: ")
    return text[:1].upper() + text[1:]


def counted(found: "Proposals") -> tuple["Objective", ...]:
    """Objectives that enter the score."""
    return tuple(o for o in found.objectives if o.name not in found.not_discriminating)


def outside(found: "Proposals") -> list["Proposal"]:
    """Proposals outside the domain of a model that enters the score."""
    names = [o.quantity for o in counted(found) if o.kind == "target"]
    return [p for p in found if any(not p.predictions[t].in_domain for t in names)]


def may(found: "Proposals") -> list[str]:
    """What a reader may conclude."""
    said = []
    targets = [o for o in counted(found) if o.kind == "target"]
    names = [o.name for o in counted(found)] or ["nothing"]
    by = ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
    if len(found):
        said.append(
            f"Of the {found.n_ranked:,} candidates that the limits left, these come first by "
            f"{by}, at the weights stated. Other weights or another window give another list."
        )
        said.append(
            "They are sites worth a calculation each: the inputs lie beside this page, and a "
            "finished one can be brought back (sacml data import) before the list is asked again."
        )
    if targets and len(found):
        said.append(_window(found, targets[0]))
    return said


def _window(found: "Proposals", objective: "Objective") -> str:
    p = found[0].predictions[objective.quantity]
    if objective.direction != "window" or p.is_unbounded:
        return f"The first is predicted at {value(p)} for {objective.name}, interval {bounds(p)}."
    wide, window = p.upper - p.lower, objective.high - objective.low
    text = (
        f"The interval of the first is {number(wide)} {p.unit} wide and the wanted window "
        f"{number(window)} {p.unit}: "
    )
    if p.lower >= objective.low and p.upper <= objective.high:
        text += "it lies inside the window as a whole."
    else:
        text += "it reaches out of it, so that the prediction alone does not settle the question."
    values = [q.predictions[objective.quantity].value for q in found]
    strange = [str(q.rank) for q, v in zip(found, values, strict=True)
               if not objective.low <= v <= objective.high]  # fmt: skip
    if strange:
        text += (
            f" Of the list {len(strange)} of {len(found)} are predicted outside the window (rank "
            f"{', '.join(strange)}); other objectives and the width of the interval carry them."
        )
    return text


def may_not(found: "Proposals") -> list[str]:
    """What a reader may not conclude."""
    said = []
    if found.not_discriminating:
        many = len(found.not_discriminating) > 1
        said.append(
            f"Nothing about {' or '.join(found.not_discriminating)}: the "
            f"model{'s do' if many else ' does'} not tell these sites apart, so "
            f"{'these are' if many else 'it is'} not in the score."
        )
    if strange := outside(found):
        said.append(
            f"Not that the numbers hold for all of them: {len(strange)} of {len(found)} lie "
            f"outside the domain of a model that counts ({', '.join(map(_rank, strange))})."
        )
    if len(found) > 1 and _overlap(found):
        said.append(
            f"Not that the first beats the last: the scores run from {found[0].score:.3f} to "
            f"{found[len(found) - 1].score:.3f}, and what is predicted of the two overlaps."
        )
    if not any("stability" in o.name or "stability" in o.quantity for o in counted(found)):
        said.append(
            "Not that a site can be made, or stays a single atom: stability against the bulk metal "
            "is not in the score."
        )
    if "binding_energy" in {o.quantity for o in found.objectives}:
        said.append(
            "Not that a cell with it lives long: a binding energy is that of one alkali atom on an "
            "ideal site, by PBE, without electrolyte, interphase or current."
        )
    if found.partial:
        said.append("Not that these are the best of the space: the ranking was interrupted.")
    return said


def _rank(proposal: "Proposal") -> str:
    return f"rank {proposal.rank}"


def _overlap(found: "Proposals") -> bool:
    """Whether the intervals of the first and the last overlap in every target that counts."""
    first, last = found[0].predictions, found[len(found) - 1].predictions
    names = [o.quantity for o in counted(found) if o.kind == "target"]
    return all(first[t].lower <= last[t].upper and last[t].lower <= first[t].upper for t in names)


def known_mark(proposal: "Proposal") -> str:
    """``known``, with which alkali metals where not with this one; empty for a new site."""
    met = dict.fromkeys(a for s in proposal.known_as for a in s.alkalis)
    if not proposal.is_known or proposal.candidate.alkali in met:
        return "known" if proposal.is_known else ""
    return f"known with {', '.join(met)}"


def distance(proposal: "Proposal") -> str:
    """Nearest known system, in words."""
    near = proposal.nearest
    return (
        "No known system has as many centres and a printed shell." if near is None else f"{near}."
    )
