"""One self-contained HTML file per study."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import sacml
from sacml.domain import TARGETS, Target
from sacml.reports import (
    gather,
    interactive,
    interactive_parity,
    interactive_proposals,
    interactive_scores,
    tables,
)
from sacml.reports.png_proposals import SHOWN
from sacml.reports.words import (
    SPLIT_MEANING,
    beats_constant,
    model_title,
    number,
    short,
    split_title,
    verdict,
)
from sacml.tracking.payload import to_toml

if TYPE_CHECKING:
    from sacml.design import Proposals
    from sacml.workflows.results import StudyResult


def render(study: "StudyResult") -> str:
    """Return the report of a study as HTML.

    Texts of the study are escaped, scripts and styles are inside the file, nothing is loaded.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sacml.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(context(study))


def context(study: "StudyResult") -> dict[str, Any]:
    """Everything that the template shows."""
    records = gather.records(study)
    targets = [_target(name, study) for name in study.evaluations]
    return {
        "name": study.name,
        "version": sacml.__version__,
        "created": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "level": f"{gather.level(study):.0%}",
        "cards": _cards(study, records),
        "overview": _overview(records),
        "maps": _maps(study, records),
        "targets": targets,
        "coverage": _figure(interactive_scores.coverage(study), "coverage") if targets else "",
        "proposals": [_proposals(a, found) for a, found in study.proposals.items()],
        "digests": tables.digests_table(study),
        "config": to_toml(study.config),
        **_files(),
    }


def _files() -> dict[str, Any]:
    from importlib.resources import files

    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    folder = files("sacml.reports") / "templates"
    return {
        "css": Markup((folder / "report.css").read_text(encoding="utf-8")),
        "js": Markup((folder / "report.js").read_text(encoding="utf-8")),
        "plotly_js": Markup(get_plotlyjs()),
    }


def _figure(figure: Any, name: str) -> Any:
    from markupsafe import Markup

    return Markup(interactive.to_html(figure, name))


def _cards(study: "StudyResult", records: pd.DataFrame) -> list[dict[str, str]]:
    cards = []
    if len(records):
        sites = int(records["is_sac"].astype(bool).sum())
        small = f"{sites} of them of single- or dual-atom sites"
        cards.append({"title": "Records", "big": f"{len(records):,}", "small": small})
    for name in study.evaluations:
        best = gather.headline(name, study)
        if best is None:
            continue
        gain = (
            "beats the constant" if beats_constant(best) else "does not clearly beat the constant"
        )
        gain = "one number for every candidate" if best["model"] == "constant" else gain
        what = f"{model_title(best['model'])}, {split_title(best['split']).lower()}"
        small = f"Typical error. {what}: {gain}"
        big = f"± {number(best['mae'], 2)} {best['scale_unit']}"
        if best["scale_unit"].startswith("log10("):
            big = f"× or ÷ {number(10 ** best['mae'], 2)}"
        cards.append({"title": short(TARGETS[name]), "big": big, "small": small})
    if study.proposals:
        total = sum(len(p.frame()) for p in study.proposals.values())
        small = "for " + ", ".join(study.proposals)
        cards.append({"title": "Proposals", "big": f"{total}", "small": small})
    return cards


def _overview(records: pd.DataFrame) -> dict[str, Any] | None:
    if records.empty:
        return None
    return {
        "table": tables.overview_table(records),
        "figure": _figure(interactive.data_overview(records), "data"),
    }


def _maps(study: "StudyResult", records: pd.DataFrame) -> list[dict[str, Any]]:
    labels = gather.labels_per_metal(records)
    none = int((labels == 0).sum())
    drawn = interactive.periodic_map(labels, "records", whole=True)
    maps = [
        {
            "title": "What is known",
            "figure": _figure(drawn, "labels"),
            "caption": f"Records of sites that hold the metal, all targets together. {none} of "
            f"{len(labels)} metals have none.",
        }
    ]
    meaning = "outside the domain of the model"
    for alkali in gather.binding_alkalis(study):
        found = gather.predicted_per_metal(study, alkali)
        outside = frozenset(found.index[~found["in_domain"].astype(bool)])
        caption = (
            f"Predicted binding energy of one {alkali} atom, against the isolated neutral atom; "
            f"negative binds. A degree sign marks metals {meaning}."
        )
        figure: Any = ""
        if np.ptp(found["value"]) > 0:
            drawn = interactive.periodic_map(
                found["value"], "eV", flagged=outside, flag_meaning=meaning
            )
            figure = _figure(drawn, f"binding-{alkali}")
        else:
            caption = (
                f"The released model predicts {number(found['value'].iloc[0])} eV for {alkali} on "
                "every metal, so there is no map to draw."
            )
        maps.append({"title": f"{alkali} on M-N4@graphene", "figure": figure, "caption": caption})
    return maps


def _target(name: str, study: "StudyResult") -> dict[str, Any]:
    evaluation = study.evaluations[name]
    splits = []
    for split in gather.split_names(evaluation):
        ranked = gather.scores(evaluation, split)
        everything = gather.scores(evaluation, split, "all")
        if ranked.empty:
            continue
        best = ranked.iloc[0]
        splits.append(
            {
                "title": split_title(split),
                "meaning": SPLIT_MEANING.get(split, ""),
                "verdict": verdict(best),
                "tone": "yes" if beats_constant(best) else "no",
                "table": tables.scores_table(ranked),
                "everything": tables.scores_table(everything) if len(everything) else None,
            }
        )
    what: Target = TARGETS[name]
    return {
        "id": name,
        "title": f"{what.title} ({what.unit})",
        "short": short(what),
        "choice": study.choices.get(name, ""),
        "splits": splits,
        "skipped": list(getattr(evaluation, "skipped", {}).items()),
        "scores": _figure(interactive_scores.model_scores(evaluation), f"scores-{name}"),
        "parity": _figure(interactive_parity.parity(name, study), f"parity-{name}"),
    }


def _proposals(alkali: str, found: "Proposals") -> dict[str, Any]:
    frame = found.frame()
    passed = getattr(found, "passed_over", Counter())
    left_out = [(step, c) for step, c in (("refused", found.refused), ("passed over", passed)) if c]
    declared, ranked = getattr(found, "n_declared", None), getattr(found, "n_ranked", None)
    searched = ""
    if declared is not None and ranked is not None:
        searched = f"{declared:,} candidates were generated and {ranked:,} of them ranked."
        searched += " The ranking was interrupted." if getattr(found, "partial", False) else ""
    return {
        "alkali": alkali,
        "searched": searched,
        "notes": list(getattr(found, "notes", ())),
        "figure": _figure(interactive_proposals.proposals(frame), f"proposals-{alkali}")
        if len(frame)
        else "",
        "shown": min(SHOWN, len(frame)),
        "table": tables.proposals_table(frame) if len(frame) else None,
        "left_out": tables.counted_table(*left_out) if left_out else None,
    }
