"""What `sacml propose` prints."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from sacml.cli.options import number, print_json

if TYPE_CHECKING:
    from sacml.design import Proposal, Proposals
    from sacml.workflows.propose.question import Question

ESTIMATE_SCHEMA = "sacml.proposals.estimate/1"


def progress(done_word: str, what: str) -> Callable[[int, int], None]:
    """Return a callback that rewrites one line of a terminal; silent elsewhere."""

    def on_step(done: int, total: int) -> None:
        if sys.stderr.isatty():
            end = "\n" if done >= total else ""
            text = f"\r{done_word} {done:,} of {total:,} {what}"
            print(text, end=end, file=sys.stderr, flush=True)

    return on_step


def show_estimate(question: "Question", json: bool) -> None:
    """Print how large a ranking is, before it runs."""
    found, refused = question.space.estimate(), question.space.refused()
    if json:
        print_json(
            ESTIMATE_SCHEMA,
            declared=found.declared,
            candidates=found.candidates,
            memory_bytes=found.memory_bytes,
            seconds=found.seconds,
            factors=found.factors,
            refused=dict(refused.most_common()),
        )
        return
    print(found)
    for reason, count in refused.most_common():
        print(f"left out: {count:,} {reason}")


def show(found: "Proposals") -> None:
    """Print a list with its reasons, and what was left out."""
    if not len(found):
        print("nothing is proposed: the limits leave no candidate, see below what they left out")
    doubts, of_all = _doubts(found)
    for p in found:
        known = f"   known: {', '.join(dict.fromkeys(_names(p)))}" if p.known_as else ""
        what = f"{p.candidate.site} with {p.candidate.alkali}"
        print(f"{p.rank:>3}. {what}   score {p.score:.3f}{known}")
        for target, q in p.predictions.items():
            flag = "" if q.in_domain else "  out of domain"
            print(
                f"       {target:<26}{number(q.value):>8} {q.unit:<3} "
                f"[{number(q.lower)}, {number(q.upper)}]{flag}"
            )
            if target in p.refined:
                r = p.refined[target]
                flag = "" if r.in_domain else "  out of domain"
                print(
                    f"       {'  by refine':<26}{number(r.value):>8} {r.unit:<3} "
                    f"[{number(r.lower)}, {number(r.upper)}]{flag}"
                )
        for why in p.why:
            print(f"       why: {why}")
        for unsure in doubts[p.rank]:
            print(f"       uncertain: {unsure}")
    for unsure in of_all:
        print(f"uncertain of all: {unsure}")
    for note in found.notes:
        print(f"note: {note}")
    for shift in found.shifts if len(found) else ():
        print(
            f"{shift.objective} moved by {shift.shift:+g} {shift.unit}: {shift.kept} of "
            f"{len(found)} stay in the list"
        )
    for title, counts in (("left out", found.refused), ("ranked, not listed", found.passed_over)):
        for reason, count in counts.most_common():
            print(f"{title}: {count:,} {reason}")


def _doubts(found: "Proposals") -> tuple[dict[int, list[str]], list[str]]:
    """Doubts of each rank, and those of the whole list, which are said once.

    What lies outside the domain of a model that is not in the score is said of the list as a whole;
    the rows mark it, and the page has the reasons.
    """
    scored = {o.quantity for o in found.objectives if o.name not in found.not_discriminating}
    unscored = [t for t in (found[0].predictions if len(found) else ()) if t not in scored]
    starts = tuple(f"{t}: outside the domain of the model" for t in unscored)
    doubts = {p.rank: [s for s in p.uncertain if not s.startswith(starts)] for p in found}
    of_all = []
    if len(found) > 1:
        of_all = [s for s in doubts[found[0].rank] if all(s in d for d in doubts.values())]
    doubts = {rank: [s for s in each if s not in of_all] for rank, each in doubts.items()}
    for target in unscored:
        outside = sum(not p.predictions[target].in_domain for p in found)
        if outside:
            of_all.append(
                f"{target}: {outside} of {len(found)} lie outside the domain of the model, which "
                "is not in the score; --out or --json give the reasons"
            )
    return doubts, of_all


def _names(proposal: "Proposal") -> list[str]:
    """Names in print; where a site has none, the record that labels it, and its alkali metals."""
    return [
        name
        for system in proposal.known_as
        for name in (
            tuple(filter(None, system.names))
            or (f"own label {system.record_ids[0]}, there with {', '.join(system.alkalis)}",)
        )
    ]
