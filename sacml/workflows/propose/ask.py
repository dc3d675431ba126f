"""Propose single-atom catalysts for an alkali under a lab's constraints."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from sacml.domain import STANDARD, Conditions
from sacml.domain.candidates import check_alkali
from sacml.errors import DesignError
from sacml.workflows.propose.question import Question, adjusted, declare_space, refine_models
from sacml.workflows.roles import load_surrogates

if TYPE_CHECKING:
    from sacml.design import Proposals
    from sacml.models import Surrogate


class Asked(TypedDict, total=False):
    """What may be asked of a list; all of it may be left out.

    Attributes
    ----------
    top
        Length of the list, 20 by default.
    exclude, require
        Metals that must not, or must, be among the centres.
    max_price_usd_per_kg
        Upper limit on the price of every centre metal.
    exclude_critical
        Leave out the critical raw materials of the European Union.
    reach
        Most neighbours exchanged between a proposed shell and a labelled or reported one, 1 by
        default; None opens the space to every shell its hosts admit.
    conditions
        Test conditions the list is made for; the review's standard by default.
    space
        A TOML file or mapping that replaces parts of the default space (see `sacml.design.Space`).
    objectives
        Changes to the default objectives, as `adjusted` reads them.
    chances
        Probabilities to be reached, e.g. ``P(nucleation_overpotential < 15 mV) > 0.8``.
    in_domain_only
        Leave out candidates outside the domain of a surrogate that counts.
    include_known
        Whether sites that were already labelled or reported may be listed (marked), as they are by
        default.
    max_candidates
        A larger space is refused before anything runs.
    surrogates, models
        Surrogates to use, or a folder to load them from, instead of the released ones.
    refine
        Whether the short list is predicted by the refine surrogates too; None, the default, asks
        those that there are. Surrogates in hand have none.
    seed
        Of everything random, 0 by default.
    """

    top: int
    exclude: Sequence[str]
    require: Sequence[str]
    max_price_usd_per_kg: float | None
    exclude_critical: bool
    reach: int | None
    conditions: Conditions
    space: str | Path | Mapping[str, Any] | None
    objectives: Sequence[str]
    chances: Sequence[str]
    in_domain_only: bool
    include_known: bool
    max_candidates: int
    surrogates: "Mapping[str, Surrogate] | None"
    models: str | Path | None
    refine: bool | None
    seed: int


def ask(alkali: str, **asked: Unpack[Asked]) -> Question:
    """Put a question together and check it, without ranking anything.

    Parameters
    ----------
    alkali
        ``Li``, ``Na`` or ``K``.
    asked
        See `Asked`.

    Raises
    ------
    DesignError
        If the question cannot be asked so: contradictory limits, a chance or an objective that
        cannot be read.
    """
    from sacml.design import default_objectives
    from sacml.design.objectives.chances import Chance
    from sacml.design.space.estimate import EXHAUSTIVE_LIMIT

    check_alkali(alkali)
    top, reach = asked.get("top", 20), asked.get("reach", 1)
    if top < 1:
        raise DesignError(f"top = {top}: ask for one proposal or more")
    limits = {
        "exclude_metals": list(asked.get("exclude", ())),
        "require_metals": list(asked.get("require", ())),
        "max_price_usd_per_kg": asked.get("max_price_usd_per_kg"),
        "exclude_critical": asked.get("exclude_critical", False),
        "reach": "any" if reach is None else reach,
    }
    given, models, refine = asked.get("surrogates"), asked.get("models"), asked.get("refine")
    if given is not None and refine:
        raise DesignError("refine needs stored surrogates: give models = FOLDER, not surrogates")
    screen = load_surrogates(models=models) if given is None else given
    second, same = refine_models(screen, refine if given is None else False, models)
    changes = asked.get("objectives", ())
    return Question(
        space=declare_space(alkali, asked.get("conditions", STANDARD), asked.get("space"), limits),
        surrogates=screen,
        refine=second,
        one_model=same,
        objectives=adjusted(default_objectives(alkali, screen), changes) if changes else None,
        chances=tuple(map(Chance.parse, asked.get("chances", ()))),
        top=top,
        in_domain_only=asked.get("in_domain_only", False),
        include_known=asked.get("include_known", True),
        max_candidates=asked.get("max_candidates", EXHAUSTIVE_LIMIT),
        seed=asked.get("seed", 0),
    )


def propose(
    alkali: str,
    *,
    resume: str | Path | None = None,
    executor: Executor | None = None,
    on_chunk: Callable[[int, int], None] | None = None,
    out: str | Path | None = None,
    **asked: Unpack[Asked],
) -> "Proposals":
    """Rank the sites of a design space for one alkali.

    Parameters
    ----------
    alkali
        ``Li``, ``Na`` or ``K``.
    resume
        File that holds how far the ranking is: written while it runs, and gone on with if it is
        there.
    executor
        Runs the chunks; None runs them here. The answer is the same.
    on_chunk
        Called with the candidates done and their total.
    out
        Folder for the answer, with a structure of each proposal (see
        `sacml.workflows.propose.folder`).
    asked
        Limits, objectives and models: see `Asked`.

    Returns
    -------
    Proposals
        After a KeyboardInterrupt what was ranked until then, with `partial` set.

    Raises
    ------
    DesignError
        If the question cannot be asked so: an empty space, contradictory limits, an objective or a
        chance without a surrogate.
    FolderError
        If `out` holds anything that this function did not write.
    """
    from sacml.workflows.propose.folder import check_folder, write_proposals

    question = ask(alkali, **asked)
    if out is not None:
        check_folder(out)
    found = question.answer(executor=executor, resume=resume, on_chunk=on_chunk)
    if out is not None:
        write_proposals(found, question, out)
    return found
