"""Sentences of a proposal: why it stands where it stands, and what is not certain about it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sacml.design import supply
from sacml.design.answer.prediction import TargetPrediction
from sacml.design.known import KnownSystem, Nearest
from sacml.design.objectives.objective import Objective
from sacml.design.objectives.words import element_value, number
from sacml.domain.sites import Site

FAR = 2
"""Distance from every known system from which a proposal is called an extrapolation."""


def site_facts(site: Site, asked: Sequence[Objective] = ()) -> dict[str, Any]:
    """Return element facts of the worst centre of a site; None where the table has a gap.

    Price, abundance, criticality and hazard class, and what the objectives ask for.
    """

    def worst(prop: str, choose: Any) -> float | None:
        value = float(supply.of_centres([site.metals], prop, choose)[0])
        return None if math.isnan(value) else value

    critical = worst("eu_critical_raw_material", max)
    classes = [supply.hazard_class(m) for m in site.metals]
    return {
        **{
            o.quantity: worst(o.quantity, min if o.direction == "high" else max)
            for o in asked
            if o.kind == "element"
        },
        "price_usd_per_kg": worst("price_usd_per_kg", max),
        "crustal_abundance_mg_per_kg": worst("crustal_abundance_mg_per_kg", min),
        "eu_critical_raw_material": None if critical is None else bool(critical),
        "hazard_class": min(classes, key=supply.HAZARD_CLASSES.index) if classes else None,
    }


def interval(p: TargetPrediction, level: float) -> str:
    """Write a prediction with its interval and unit."""
    bounds = "no bounds" if p.is_unbounded else f"{number(p.lower)} to {number(p.upper)}"
    return f"{number(p.value)} {p.unit} ({level:.0%} interval: {bounds})"


def element_fact(objective: Objective, value: float | bool | None) -> str:
    """Write an element property of the worst centre with its unit or scale."""
    if value is None:
        return "not known"
    if objective.kind == "element":
        return element_value(objective.quantity, float(value), objective.unit)
    return number(float(value)) + (f" {objective.unit}" if objective.unit else "")


def why(
    objectives: Sequence[Objective],
    counts: Sequence[bool],
    desirability: Mapping[str, float],
    mean_log: Mapping[str, float],
    predictions: Mapping[str, TargetPrediction],
    facts: Mapping[str, Any],
    level: float,
) -> tuple[str, ...]:
    """Say what lifted the candidate over the average of the space, largest lift first.

    The lift of an objective is its weight times the log of its desirability over the geometric
    mean of the space.
    """
    lifts = []
    for objective, counted in zip(objectives, counts, strict=True):
        if counted:
            d = desirability[objective.name]
            lift = objective.weight * (math.log(d) - mean_log[objective.name])
            lifts.append((lift, objective, d))
    lifts.sort(key=lambda item: (-item[0], item[1].name))
    sentences = []
    for lift, objective, d in lifts:
        average = math.exp(mean_log[objective.name])
        side = "Helped" if lift > 1e-6 else "Held back" if lift < -1e-6 else "Average"
        if objective.kind == "target":
            what = interval(predictions[objective.quantity], level)
        else:
            what = element_fact(objective, facts.get(objective.quantity))
        sentences.append(
            f"{side} by {objective.name}: {what}; wanted {objective.wish}; "
            f"desirability {d:.2f} against {average:.2f} on average."
        )
    return tuple(sentences)


def uncertain(
    objectives: Sequence[Objective],
    counts: Sequence[bool],
    predictions: Mapping[str, TargetPrediction],
    facts: Mapping[str, Any],
    nearest: Nearest | None,
    perhaps: Sequence[KnownSystem],
    level: float,
) -> tuple[str, ...]:
    """Say what a reader should doubt."""
    sentences = []
    for objective, counted in zip(objectives, counts, strict=True):
        if objective.kind != "target":
            if facts.get(objective.quantity, 0) is None:
                what = "not known" if objective.kind == "element" else "no label of this site"
                sentences.append(f"{objective.name}: {what}, scored as {objective.gap_in_words}.")
            continue
        p = predictions[objective.quantity]
        if not counted:
            sentences.append(
                f"{objective.name}: {interval(p, level)} does not tell the candidates apart."
            )
        elif p.is_unbounded:
            sentences.append(f"{objective.name}: the data set no bounds on the prediction.")
        elif objective.direction == "window" and (
            p.lower < objective.low or p.upper > objective.high
        ):
            sentences.append(f"{objective.name}: the interval reaches out of the window.")
    for p in predictions.values():
        if not p.in_domain:
            because = "; ".join(p.reasons) or "no reason given"
            sentences.append(f"{p.target}: outside the domain of the model ({because}).")
    if nearest is None:
        sentences.append("No known system has as many centres and a printed shell.")
    elif nearest.distance >= FAR:
        sentences.append(f"An extrapolation: the nearest known system is {nearest}.")
    for system in perhaps:
        sentences.append(f"May be the known system {system.label}, whose shell is not printed.")
    return tuple(sentences)
