"""The question of a ranking: what is searched, by what, under which limits."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.domain import STANDARD, Conditions
from sacml.errors import DesignError

if TYPE_CHECKING:
    from sacml.design import Chance, Objective, Proposals, Space
    from sacml.models import Surrogate


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that the answer depends on.

    Attributes
    ----------
    space
        Candidates, alkali metal and conditions.
    surrogates
        Target -> screen surrogate.
    refine
        Target -> refine surrogate, where it is another model than the screen one.
    one_model
        Targets of which one model serves both roles, so that a short list has nothing to compare.
    objectives
        What is wanted; None for the default objectives.
    chances
        Probabilities that a candidate must reach.
    top, in_domain_only, include_known, max_candidates, seed
        See `sacml.workflows.propose.Asked`.
    """

    space: "Space"
    surrogates: "Mapping[str, Surrogate]"
    refine: "Mapping[str, Surrogate]"
    one_model: tuple[str, ...]
    objectives: "tuple[Objective, ...] | None"
    chances: "tuple[Chance, ...]"
    top: int
    in_domain_only: bool
    include_known: bool
    max_candidates: int
    seed: int

    def answer(
        self,
        *,
        executor: Executor | None = None,
        resume: str | Path | None = None,
        on_chunk: Callable[[int, int], None] | None = None,
    ) -> "Proposals":
        """Rank the space; parameters as in `sacml.workflows.propose`."""
        from sacml.design import rank

        return rank(
            self.space,
            self.surrogates,
            self.objectives,
            keep=self.top,
            in_domain_only=self.in_domain_only,
            include_known=self.include_known,
            on_chunk=on_chunk,
            chances=self.chances,
            refine=self.refine,
            max_candidates=self.max_candidates,
            executor=executor,
            checkpoint=resume,
            seed=self.seed,
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


def refine_models(
    screen: "Mapping[str, Surrogate]", wanted: bool | None, models: str | Path | None
) -> "tuple[dict[str, Surrogate], tuple[str, ...]]":
    """Load the refine surrogates that differ from the screen ones.

    Parameters
    ----------
    wanted
        True asks for one of every target, False for none, None takes those that there are.

    Returns
    -------
    (refine, one_model)
        Target -> surrogate, and the targets of which one model serves both roles.
    """
    from sacml.workflows.roles import load_refine

    if wanted is False:
        return {}, ()
    found = load_refine(dict(screen), models, required=bool(wanted))
    same = tuple(t for t, s in found.items() if s.version == screen[t].version)
    return {t: s for t, s in found.items() if t not in same}, same


def adjusted(objectives: "Sequence[Objective]", changes: Sequence[str]) -> "tuple[Objective, ...]":
    """Change objectives by text.

    Parameters
    ----------
    objectives
        To start from, usually the default ones.
    changes
        ``NAME: SETTING=VALUE, ...`` with the settings low, high and weight, e.g.
        ``binding energy: low=-2.2, high=-1.2`` or ``cost: weight=1``; a weight of 0 leaves the
        objective out.

    Raises
    ------
    DesignError
        If a text cannot be read, names no objective, or leaves none; says what is allowed.
    """
    found = {o.name: o for o in objectives}
    for text in changes:
        name, _, settings = (part.strip() for part in text.partition(":"))
        if name not in found:
            raise DesignError(
                f"objective {name!r} in {text!r}: there is none of this name; there are "
                + ", ".join(found)
            )
        values = _settings(text, settings)
        if values.get("weight") == 0:
            del found[name]
        else:
            source = "given by the user" if {"low", "high"} & set(values) else found[name].source
            found[name] = found[name].replace(**values, source=source)
    if not found:
        raise DesignError("every objective was given the weight 0; leave one in to rank by")
    return tuple(found.values())


def _settings(text: str, settings: str) -> dict[str, float]:
    values: dict[str, float] = {}
    for word in filter(None, (w.strip() for w in settings.split(","))):
        key, _, number = (part.strip() for part in word.partition("="))
        try:
            if key not in ("low", "high", "weight"):
                raise ValueError
            values[key] = float(number)
        except ValueError:
            raise DesignError(
                f"cannot read {word!r} of the objective {text!r}: write low=, high= or weight= "
                'with a number, e.g. "binding energy: low=-2.2, high=-1.2"'
            ) from None
    if not values:
        raise DesignError(
            f"objective {text!r} changes nothing: write a setting behind a colon, e.g. "
            '"cost: weight=0"'
        )
    return values
