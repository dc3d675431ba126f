"""Constraints that cannot hold together, named two by two."""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

from sacml.errors import DesignError

if TYPE_CHECKING:
    from sacml.design.space.constraints import Constraints
    from sacml.design.space.parts import Layout


def contradictions(limits: "Constraints") -> Iterator[str]:
    """Name each pair of constraints that cannot both hold in any space."""
    for metal in limits.require_metals:
        if metal in limits.exclude_metals:
            yield f"require_metals {metal} and exclude_metals {metal}"
        if limits.only_metals is not None and metal not in limits.only_metals:
            yield f"require_metals {metal} and only_metals {', '.join(limits.only_metals)}"
        rest = limits.model_copy(update={"exclude_metals": (), "only_metals": None})
        reason = rest.metal_reason(metal)
        if reason is not None:
            yield f"require_metals {metal} and {_setting(reason)} ({reason})"
    if len(limits.require_metals) > 2:
        yield (
            f"require_metals {', '.join(limits.require_metals)} and the two centres that a site "
            "has at most"
        )
    if len(limits.require_metals) == 2 and limits.centres == "single":
        yield f"require_metals {', '.join(limits.require_metals)} and centres single"
    if limits.only_metals is not None and not set(limits.only_metals) - set(limits.exclude_metals):
        yield "only_metals and exclude_metals, which leave no metal"
    if limits.only_hosts is not None and not set(limits.only_hosts) - set(limits.exclude_hosts):
        yield "only_hosts and exclude_hosts, which leave no host"
    for symbol in set(limits.require_neighbours) & set(limits.exclude_neighbours):
        yield f"require_neighbours {symbol} and exclude_neighbours {symbol}"
    for rule in limits.rules:
        zero = getattr(rule, "number", 1) == 0
        for kind in ("metal", "neighbour"):
            wanted = getattr(limits, f"require_{kind}s")
            if zero and getattr(rule, "kind", "") == kind:
                for symbol in set(wanted) & set(getattr(rule, "names", ())):
                    yield f"require_{kind}s {symbol} and at_most {rule.text!r}"


def _setting(reason: str) -> str:
    """Name the constraint behind a metal's reason."""
    if "price" in reason:
        return "max_price_usd_per_kg"
    return "exclude_hazard_classes" if "hazard" in reason else "exclude_critical"


def emptying(limits: "Constraints", leaves: Callable[["Constraints"], int]) -> list[str]:
    """Name the fewest constraints, up to three, that together leave nothing of a space.

    Parameters
    ----------
    limits
        Constraints under which the space is empty.
    leaves
        Number of candidates of the space under other constraints.
    """
    parts = _parts(limits)
    base: dict[str, Any] = {
        "reach": None,
        "buildable": False,
        "reported_single": limits.reported_single,
        "reported_dual": limits.reported_dual,
    }

    def left(*chosen: Mapping[str, Any]) -> int:
        given = dict(base)
        for part in chosen:
            for name, value in part.items():
                given[name] = (*given.get(name, ()), *value) if name in _LISTED else value
        return leaves(type(limits)(**given))

    for number in (1, 2, 3):
        found = [
            " and ".join(text for text, _ in some)
            for some in combinations(parts, number)
            if not left(*(part for _, part in some))
        ]
        if found:
            return found
    return []


def nothing_left(name: str, laid: "Layout", because: list[str]) -> DesignError:
    """Say of an empty space what removed how much, and which constraints empty it."""
    removed = "; ".join(f"{why}: {n:,}" for why, n in laid.refused.most_common())
    named = (
        f"Nothing is left under {'; nor under '.join(because)}; loosen one of these"
        if because
        else "Loosen the constraint that removed most"
    )
    return DesignError(
        f"the space {name!r} is empty: of {laid.declared:,} declared candidates none is left "
        f"(removed by {removed or 'nothing: its hosts take no such sites'}). {named}"
    )


_LISTED = ("only_if", "at_most")
"""Constraints of which each sentence stands for itself."""


def _parts(limits: "Constraints") -> list[tuple[str, dict[str, Any]]]:
    """List what is set, each in words and as settings."""
    found: list[tuple[str, dict[str, Any]]] = []
    for name, field in type(limits).model_fields.items():
        value = getattr(limits, name)
        if name in ("reported_single", "reported_dual", "buildable"):
            continue
        if name in _LISTED:
            found += [(f"{name} {text!r}", {name: (text,)}) for text in value]
        elif name == "reach":
            found += [(f"reach {value}", {name: value})] if value is not None else []
        elif value != field.default:
            words = ", ".join(value) if isinstance(value, tuple) else f"{value}"
            found.append((f"{name} {words}", {name: value}))
    if limits.asks_builder:
        found.append(("buildable", {"buildable": True}))
    return found
