"""Propose single-atom catalysts for an alkali under a lab's constraints."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.domain import STANDARD, Conditions
from sacml.domain.candidates import check_alkali
from sacml.errors import DesignError
from sacml.workflows.predict import load_surrogates

if TYPE_CHECKING:
    from sacml.design import Proposals, Space
    from sacml.models import Surrogate


def propose(
    alkali: str,
    *,
    top: int = 20,
    exclude: Sequence[str] = (),
    require: Sequence[str] = (),
    max_price_usd_per_kg: float | None = None,
    exclude_critical: bool = False,
    reach: int | None = 1,
    conditions: Conditions = STANDARD,
    space: str | Path | Mapping[str, Any] | None = None,
    in_domain_only: bool = False,
    include_known: bool = True,
    surrogates: "Mapping[str, Surrogate] | None" = None,
    models: str | Path | None = None,
    on_chunk: Callable[[int, int], None] | None = None,
) -> "Proposals":
    """Rank the sites of a design space for one alkali.

    Parameters
    ----------
    alkali
        ``Li``, ``Na`` or ``K``.
    top
        Length of the list.
    exclude, require
        Metals that must not, or must, be among the centres.
    max_price_usd_per_kg
        Upper limit on the price of every centre metal.
    exclude_critical
        Leave out the critical raw materials of the European Union.
    reach
        Most neighbours exchanged between a proposed shell and a labelled or reported one; None
        opens the space to every shell its hosts admit.
    conditions
        Test conditions the list is made for; the review's standard by default.
    space
        A TOML file or mapping that replaces parts of the default space (see `sacml.design.Space`).
    in_domain_only
        Leave out candidates outside the domain of a surrogate that counts.
    include_known
        Whether sites that were already labelled or reported may be listed; they are marked.
    surrogates, models
        Surrogates to use, or a folder to load them from, instead of the released ones.
    """
    from sacml.design import rank

    check_alkali(alkali)
    if top < 1:
        raise DesignError(f"top = {top}: ask for one proposal or more")
    limits = {
        "exclude_metals": list(exclude),
        "require_metals": list(require),
        "max_price_usd_per_kg": max_price_usd_per_kg,
        "exclude_critical": exclude_critical,
        "reach": "any" if reach is None else reach,
    }
    declared = declare_space(alkali, conditions, space, limits)
    return rank(
        declared,
        surrogates or load_surrogates(models=models),
        keep=top,
        in_domain_only=in_domain_only,
        include_known=include_known,
        on_chunk=on_chunk,
    )


def declare_space(
    alkali: str,
    conditions: Conditions = STANDARD,
    space: str | Path | Mapping[str, Any] | None = None,
    limits: Mapping[str, Any] | None = None,
) -> "Space":
    """Return the design space of a request.

    What a file states is kept; a limit of the request is added to it, and of two prices the lower
    one holds.
    """
    from sacml.design import Space

    settings = _read(space)
    stated = dict(settings.get("constraints", {}))
    for name, value in (limits or {}).items():
        if isinstance(value, list):
            stated[name] = list(dict.fromkeys([*stated.get(name, []), *value]))
        elif name == "max_price_usd_per_kg":
            prices = [p for p in (stated.get(name), value) if p is not None]
            stated[name] = min(prices) if prices else None
        elif name == "reach" and value == 1:
            stated.setdefault(name, value)  # the default does not override a file
        elif value:
            stated[name] = value
    return Space.from_dict(
        {"conditions": str(conditions), **settings, "alkali": alkali, "constraints": stated}
    )


def _read(space: str | Path | Mapping[str, Any] | None) -> dict[str, Any]:
    if space is None:
        return {}
    if isinstance(space, Mapping):
        return dict(space)
    path = Path(space)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DesignError(f"cannot read the design space {str(path)!r}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DesignError(f"{path}: not valid TOML: {error}") from None
