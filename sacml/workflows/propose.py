"""Propose single-atom catalysts for an alkali under a lab's constraints."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.domain import STANDARD, Conditions
from sacml.domain.candidates import check_alkali
from sacml.workflows.predict import load_surrogates

if TYPE_CHECKING:
    from sacml.design import Proposals
    from sacml.models import Surrogate


def propose(
    alkali: str,
    *,
    top: int = 20,
    exclude: Sequence[str] = (),
    require: Sequence[str] = (),
    max_price_usd_per_kg: float | None = None,
    conditions: Conditions = STANDARD,
    space: str | Path | Mapping[str, Any] | None = None,
    surrogates: "Mapping[str, Surrogate] | None" = None,
    models: str | Path | None = None,
    on_chunk: Callable[[int, int], None] | None = None,
    **options: Any,
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
    conditions
        Test conditions the list is made for; the review's standard by default.
    space
        A TOML file or mapping that replaces parts of the default space.
    surrogates, models
        Surrogates to use, or a folder to load them from, instead of the released ones.
    options
        Passed on to `sacml.design.Space` constraints (see there), e.g. ``reach=2``.
    """
    from sacml.design import rank
    from sacml.design import request as make_request

    check_alkali(alkali)
    request = make_request(
        alkali,
        space=space,
        exclude=exclude,
        require=require,
        max_price_usd_per_kg=max_price_usd_per_kg,
        conditions=conditions,
        **options,
    )
    return rank(request, surrogates or load_surrogates(models=models), top=top, on_chunk=on_chunk)
