"""The short lists for Li, Na and K: a folder each, and the tables that the README quotes.

"label" is the value of the very site that the model was fitted to: agreement proves nothing.

Writes OUT/Li, OUT/Na and OUT/K (see `sacml.workflows.propose.folder`) and OUT/proposals.md, and
prints the latter. The lists are those of `sacml propose ALKALI` without any limit of a lab.
"""

import argparse
from pathlib import Path

from sacml.data import training_records
from sacml.design import Proposal, Proposals
from sacml.domain import ALKALI
from sacml.reports import proposals_words as words
from sacml.reports.words import number
from sacml.workflows.propose import ask
from sacml.workflows.propose.folder import write_proposals
from sacml.workflows.tables import markdown

HEADS = ("rank", "site", "score", "binding energy, eV", "interval", "domain", "price, USD/kg",
         "known", "label, eV", "front")  # fmt: skip


def row(p: Proposal) -> tuple[str, ...]:
    binding, price = p.predictions["binding_energy"], p.facts["price_usd_per_kg"]
    known = {(str(r.site), r.alkali): r.value for r in training_records("binding_energy")}
    label = known.get((str(p.candidate.site), p.candidate.alkali))
    return (
        str(p.rank),
        f"`{p.candidate.site}`",
        f"{p.score:.3f}",
        _energy(binding.value),
        words.bounds(binding),
        "inside" if binding.in_domain else "outside",
        number(price),
        words.known_mark(p) or "no",
        "–" if label is None else _energy(label),
        "–" if p.front is None else str(p.front),
    )


def _energy(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def section(found: Proposals) -> str:
    """Table of one list, with what a reader must know before believing it."""
    stable = "; ".join(
        f"window {s.shift:+g} {s.unit}: {s.kept} of {len(found)} stay" for s in found.shifts
    )
    named = [k for k in found.known_ranks if any(k.system.names) and k.rank is not None]
    best = ", ".join(f"`{k.system.site}` {k.rank:,}" for k in named[:5]) or "none in the space"
    stable = stable.replace("-", "−")
    lines = [f"**{found.alkali}**, {found.n_ranked:,} candidates ranked; {stable}.", ""]
    lines += [markdown(HEADS, [row(p) for p in found]), ""]
    lines += [f"Reported systems and their rank: {best}.", ""]
    lines += [f"- {sentence}" for sentence in (*words.may(found), *words.may_not(found))]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="runs/proposals", type=Path)
    parser.add_argument("--top", default=10, type=int)
    arguments = parser.parse_args()
    parts = []
    for alkali in ALKALI:
        question = ask(alkali, top=arguments.top)
        found = question.answer()
        folder = arguments.out / alkali
        command = f"sacml propose {alkali} --top {arguments.top} --out {folder}"
        made = write_proposals(found, question, folder, command=command)
        parts.append(section(found))
        parts += [f"Not built: {b.rank}. {b.site}: {b.reason}" for b in made.refused]
    text = "\n\n".join(parts) + "\n"
    (arguments.out / "proposals.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
