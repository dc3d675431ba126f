"""From an answer to its page and to the text beside each structure."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.domain import PRIMARY, TARGETS
from sacml.domain.elements import table_digest
from sacml.reports import proposals_words as words
from sacml.reports.proposals_page import Model, Page
from sacml.reports.proposals_page import Site as PageSite
from sacml.reports.words import number
from sacml.structures.inputs import CODES
from sacml.structures.inputs.protocol import CITATION
from sacml.tracking.environment import LIBRARIES, code_revision, requirements

if TYPE_CHECKING:
    from sacml.design import Proposal, Proposals
    from sacml.models import Surrogate
    from sacml.workflows.propose.folder import Built
    from sacml.workflows.propose.question import Question

WIDTH = 96
FILES = ("structure.cif", "POSCAR", "structure.extxyz", "structure.json", "reasons.txt")
LEVEL = (
    f"Inputs for {', '.join(CODES)} by the {CITATION}. Each file says in comments what is the same "
    "as there and what is only the nearest equivalent; no pseudopotentials are written."
)


def page_of(
    found: "Proposals",
    question: "Question",
    built: "Sequence[Built]",
    folder: Path,
    command: str,
) -> Page:
    """Gather the page of an answer whose structures lie in `folder`."""
    return Page(
        found=found,
        asked=asked(question),
        models=models(question),
        one_model=question.one_model,
        sites={b.rank: _site(b, p, folder) for b, p in zip(built, found, strict=True)},
        made_with=made_with(question),
        command=command,
        space=question.space.to_toml(),
    )


def asked(question: "Question") -> tuple[tuple[str, str], ...]:
    """Limits of a question in words; a limit that was not set says so."""
    space, limits = question.space, question.space.constraints
    price, reach = limits.max_price_usd_per_kg, limits.reach
    rows = {
        "Alkali metal": space.alkali,
        "Conditions": words.conditions(space.conditions),
        "Space": f"{space.name}: {len(space.metals)} metals, {len(space.hosts)} hosts, "
        f"{' and '.join(space.centres)} centres",
        "Metals left out": ", ".join(limits.exclude_metals) or "none",
        "Metals required": ", ".join(limits.require_metals) or "none",
        "Highest price": "no limit" if price is None else f"{price:g} USD per kg of any centre",
        "EU critical raw materials": "left out" if limits.exclude_critical else "allowed",
        "Hazard classes left out": ", ".join(limits.exclude_hazard_classes) or "none",
        "Reach": "every shell that a host admits"
        if reach is None
        else f"{reach} substitution{'s' * (reach != 1)} from a labelled or reported shell",
        "Chances": "; ".join(map(str, question.chances)) or "none asked",
        "Outside the domain": "left out" if question.in_domain_only else "marked and discounted",
        "Known sites": "marked, may be listed" if question.include_known else "left out",
        "Length of the list": str(question.top),
        "Seed": str(question.seed),
    }
    return tuple(rows.items())


def models(question: "Question") -> tuple[Model, ...]:
    """Surrogates that a question asks, screen before refine."""
    rows = []
    for target, surrogate in question.surrogates.items():
        role = "screen and refine" if target in question.one_model else "screen"
        rows.append(_model(target, surrogate, role))
        if target in question.refine:
            rows.append(_model(target, question.refine[target], "refine"))
    return tuple(rows)


def _model(target: str, surrogate: "Surrogate", role: str) -> Model:
    facts = surrogate.facts
    dataset = facts.get("dataset", {})
    known = f"{dataset['name']} {dataset['digest'][:16]}" if dataset else ""
    found = words.evidence(str(facts.get("evaluation", {}).get("sentence", "")), target)
    return Model(target, role, f"{surrogate.model}, {surrogate.version}", found, known)


def made_with(question: "Question") -> tuple[tuple[str, str], ...]:
    """Versions and digests that the numbers depend on."""
    rows = {
        "element table": table_digest()[:16],
        "seed": str(question.seed),
        "revision of the code": code_revision() or "installed package",
        "packages": ", ".join(requirements(LIBRARIES)),
    }
    return tuple(rows.items())


def labels(proposal: "Proposal") -> tuple[str, ...]:
    """Values of this very site with this alkali metal that the released models learned from."""
    from sacml.data import training_records

    ids = {i for system in proposal.known_as for i in system.record_ids}
    if not ids:
        return ()
    return tuple(
        f"{TARGETS[target].title}: {number(r.value)} {TARGETS[target].unit}, "
        f"{r.level_of_theory or r.fidelity}, record {r.record_id}."
        for target in proposal.predictions
        if target in PRIMARY
        for r in training_records(target)
        if r.record_id in ids and r.alkali == proposal.candidate.alkali
    )


def _site(built: "Built", proposal: "Proposal", folder: Path) -> PageSite:
    if built.folder is None:
        return PageSite(None, built.reason, labels=labels(proposal))
    own = folder / built.folder
    picture = own / "structure.png"
    present = [f for f in FILES if f == "reasons.txt" or (own / f).is_file()]
    return PageSite(
        folder=built.folder,
        picture=picture.read_bytes() if picture.is_file() else None,
        facts=structure_facts(built.record),
        labels=labels(proposal),
        files=(*present, *(f"{code}/" for code in CODES), "bare/"),
    )


def structure_facts(record: dict[str, Any]) -> tuple[str, ...]:
    """What has to be known of a structure before it is computed."""
    said = [
        f"{record['formula']}, {record['n_atoms']} atoms, {record['alkali']} on the place "
        f"{record['place']}, the first that the protocol tries; id {record['id']}.",
        f"Source of the lattice: {record['source']}.",
    ]
    if record["stand_in"]:
        said.append("A stand-in: the host has no cited lattice and site of its own.")
    said += [f"Idealised: {sentence}" for sentence in record["idealisation"]]
    return tuple(said)


def reasons_text(proposal: "Proposal", question: "Question", built: "Built") -> str:
    """Return the text that lies beside a structure: what it is, why, and what to compute."""
    site, alkali = str(proposal.candidate.site), proposal.candidate.alkali
    lines = [f"{proposal.rank}. {site} with {alkali}", f"Score {proposal.score:.3f} of 1"]
    lines += ["", "Predicted"]
    for target, p in proposal.predictions.items():
        lines.append(
            f"  {TARGETS[target].title}: {words.value(p)} (interval {words.bounds(p)}), "
            f"{words.flag(p)}"
        )
        if target in proposal.refined:
            q = proposal.refined[target]
            said = (
                f"refine: {words.value(q)} (interval {words.bounds(q)}), {words.flag(q)}; "
                f"{words.disagreement(p, q)}"
            )
            lines += textwrap.wrap(said, WIDTH, initial_indent="    ", subsequent_indent="      ")
    known = tuple(f"Known as {s.label}." for s in proposal.known_as)
    compute = (
        f"The binding energy is E(this folder) - E(bare/) - E(one {alkali} atom), each relaxed at "
        "the same settings; negative binds.",
        f'Other places of {alkali}: sacml structure "{site}" --alkali {alkali} --place all --out .',
        LEVEL,
    )
    for title, sentences in (
        ("In the data already", labels(proposal) or ("No value that the models learned from.",)),
        ("Why it is here", proposal.why),
        ("Nearest known system", (words.distance(proposal), *known)),
        ("What is uncertain", proposal.uncertain),
        ("What it costs", (words.costs(proposal.facts),)),
        ("Structure", structure_facts(built.record)),
        ("What to compute", compute),
    ):
        lines += ["", title]
        for sentence in sentences:
            lines += textwrap.wrap(
                sentence, WIDTH, initial_indent="  - ", subsequent_indent="    ",
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
    return "\n".join(lines) + "\n"
