"""What the template of the page of proposals shows."""

import base64
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sacml
from sacml.domain import TARGETS
from sacml.reports import interactive, proposals_tables, proposals_words, tables
from sacml.reports.proposals_front import Strips, best_scores, best_values, trade_offs
from sacml.reports.proposals_page import Page, Site
from sacml.reports.words import short

if TYPE_CHECKING:
    from sacml.design import Proposal, Proposals

ROOM_BYTES = 1_000_000
"""Proposals and their pictures together, which keeps the page, with plotly.js, below 6 MB. The
best have their pictures on the page; what has no room lies in the folders alone."""
TEXT_BYTES = 10_000
"""Room for the text of one proposal."""
COLOURS = 64
"""Colours of a picture on the page: a fifth of its size, and no difference to see."""


def context(page: Page) -> dict[str, Any]:
    """Everything that the template shows."""
    found = page.found
    strips = {t: Strips(t, found) for t in (found[0].predictions if len(found) else ())}
    why = proposals_words.shared(p.why for p in found)
    uncertain = proposals_words.shared(p.uncertain for p in found)
    front, pictures = trade_offs(found), _pictures(page)
    named = [k for k in found.known_ranks if proposals_tables.is_named(k)]
    own = [k for k in found.known_ranks if not proposals_tables.is_named(k)]
    steps = (("refused", found.refused), ("ranked, not listed", found.passed_over))
    left_out = [(step, reasons) for step, reasons in steps if reasons]
    return {
        "alkali": found.alkali,
        "conditions": proposals_words.conditions(found.conditions),
        "created": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "version": sacml.__version__,
        "partial": found.partial,
        "numbers": _numbers(page),
        "first": [str(p.candidate.site) for p in found if proposals_words.known_mark(p) != "known"][
            :3
        ],
        "asked": page.asked,
        "objectives": proposals_tables.objectives_table(found),
        "list": proposals_tables.short_list(found) if len(found) else None,
        "refine": proposals_words.refine_summary(found, page.one_model),
        "said_why": why,
        "said_uncertain": uncertain,
        "cards": [_card(p, page, strips, {*why, *uncertain}, pictures) for p in found],
        "front": front,
        "n_front": found.n_front,
        "hypervolume": found.hypervolume,
        "front_table": proposals_tables.front_table(found),
        "maps": _maps(found),
        "metals": proposals_tables.metals_table(found),
        "known": proposals_tables.known_table(named, found.n_ranked) if named else None,
        "own": proposals_tables.known_table(own, found.n_ranked) if own else None,
        "n_own": len(own),
        "shifts": proposals_tables.shifts_table(found),
        "moved": " and ".join(dict.fromkeys(s.objective for s in found.shifts)),
        "left_out": tables.counted_table(*left_out) if left_out else None,
        "not_built": [
            (p.rank, str(p.candidate.site), page.sites[p.rank].reason)
            for p in found
            if p.rank in page.sites and page.sites[p.rank].folder is None
        ],
        "notes": found.notes,
        "may": proposals_words.may(found),
        "may_not": proposals_words.may_not(found),
        "models": page.models,
        "titles": {t: TARGETS[t].title for t in {m.target for m in page.models}},
        "command": page.command,
        "made_with": page.made_with,
        "space": page.space,
        **_files(plotly=front is not None or bool(found.best_by_metal)),
    }


def _numbers(page: Page) -> list[tuple[str, str]]:
    """Figures that stand first."""
    found = page.found
    new = sum(proposals_words.known_mark(p) != "known" for p in found)
    inside = len(found) - len(proposals_words.outside(found))
    return [
        (f"{found.n_declared:,}", "candidates in the space"),
        (f"{found.n_ranked:,}", "ranked after the limits"),
        (str(len(found)), "proposals"),
        (f"{inside} of {len(found)}", "inside the domain of every model that counts"),
        (
            f"{new} of {len(found)}",
            f"neither labelled nor reported with {found.alkali} yet",
        ),
    ]


def _card(
    proposal: "Proposal",
    page: Page,
    strips: Mapping[str, Strips],
    said: set[str],
    pictures: Mapping[int, str],
) -> dict[str, Any]:
    site = page.sites.get(proposal.rank, Site(None))
    return {
        "id": f"p{proposal.rank}",
        "rank": proposal.rank,
        "site": str(proposal.candidate.site),
        "score": f"{proposal.score:.3f}",
        "refined_score": None
        if proposal.refined_score is None
        else f"{proposal.refined_score:.3f}",
        "mark": proposals_words.known_mark(proposal),
        "known": [f"{s.label}, with {', '.join(s.alkalis)}" for s in proposal.known_as],
        "in_domain": proposal not in proposals_words.outside(page.found),
        "labels": site.labels,
        "front": proposal.front,
        "predictions": [_prediction(proposal, t, strips[t]) for t in proposal.predictions],
        "why": [s for s in proposal.why if s not in said],
        "uncertain": [s for s in proposal.uncertain if s not in said],
        "nearest": proposals_words.distance(proposal),
        "costs": proposals_words.costs(proposal.facts),
        "structure": site,
        "picture": pictures.get(proposal.rank),
    }


def _prediction(proposal: "Proposal", target: str, strip: Strips) -> dict[str, Any]:
    from markupsafe import Markup

    p, second = proposal.predictions[target], proposal.refined.get(target)
    return {
        "title": short(TARGETS[target]),
        "value": proposals_words.value(p),
        "bounds": proposals_words.bounds(p),
        "flag": proposals_words.flag(p),
        "in_domain": p.in_domain,
        "strip": Markup(strip.draw(p, second)),
        "ends": strip.ends,
        "refined": None
        if second is None
        else f"{proposals_words.value(second)} ({proposals_words.bounds(second)}), "
        f"{proposals_words.flag(second)}; {proposals_words.disagreement(p, second)}",
    }


def _pictures(page: Page) -> dict[int, str]:
    """Pictures by rank as data addresses, as long as there is room."""
    from PIL import Image

    found: dict[int, str] = {}
    left = ROOM_BYTES - TEXT_BYTES * len(page.found)
    for rank, site in sorted(page.sites.items()):
        if site.picture is None:
            continue
        buffer = io.BytesIO()
        with Image.open(io.BytesIO(site.picture)) as image:
            image.convert("RGB").quantize(COLOURS).save(buffer, "PNG", optimize=True)
        text = base64.b64encode(buffer.getvalue()).decode("ascii")
        left -= len(text)
        if left < 0:
            break
        found[rank] = f"data:image/png;base64,{text}"
    return found


def _maps(found: "Proposals") -> list[dict[str, Any]]:
    from markupsafe import Markup

    scores, outside = best_scores(found)
    if scores.empty:
        return []
    meaning = "outside the domain of a model"
    drawn = interactive.periodic_map(scores, "score", flagged=outside, flag_meaning=meaning)
    text = (
        "Score of the best site that holds the metal, 0 to 1; metals without a number are not in "
        "the space or were left out by the limits."
    )
    if outside:
        text += f" A degree sign: {meaning}."
    maps = [("Score", "scores", drawn, text)]
    values = best_values(found)
    if values is not None:
        objective, series = values
        drawn = interactive.periodic_map(
            series, objective.unit or "", flagged=outside, flag_meaning=meaning
        )
        text = f"What is predicted for the same sites; wanted {objective.wish}."
        maps.append((objective.name.capitalize(), "values", drawn, text))
    return [
        {"title": title, "figure": Markup(interactive.to_html(figure, name)), "caption": caption}
        for title, name, figure, caption in maps
    ]


def _files(plotly: bool) -> dict[str, Any]:
    from importlib.resources import files

    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    folder = files("sacml.reports") / "templates"

    def read(name: str) -> Markup:
        return Markup((folder / name).read_text(encoding="utf-8"))

    return {
        "css": read("report.css") + read("proposals.css"),
        "js": read("report.js") + read("proposals.js"),
        "plotly_js": Markup(get_plotlyjs()) if plotly else "",
    }
