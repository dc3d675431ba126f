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
        for unsure in p.uncertain:
            print(f"       uncertain: {unsure}")
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


def _names(proposal: "Proposal") -> list[str]:
    """Names in print; where a site has none, the first record that labels it."""
    return [
        name
        for system in proposal.known_as
        for name in (tuple(filter(None, system.names)) or system.record_ids[:1])
    ]
