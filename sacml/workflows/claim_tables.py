"""Checked claims as rows of a CSV and as a Markdown table."""

from collections.abc import Iterable, Iterator, Sequence

from sacml.data.claims import Claim
from sacml.workflows.claims import Check
from sacml.workflows.tables import markdown


def rows(checks: Iterable[Check]) -> Iterator[dict[str, object]]:
    """Give one flat row per check, for a CSV."""
    for c in checks:
        claim, s = c.claim, c.shown
        yield {
            "claim": claim.name,
            "statement": claim.statement,
            "quantity": claim.target,
            "alkali": claim.alkali,
            "printed_first": claim.first_value,
            "printed_second": claim.second_value,
            "unit": claim.unit,
            "evidence": c.evidence,
            "verdict": c.verdict,
            "first": s.first if s else claim.first,
            "relation_claimed": claim.relation,
            "second": s.second if s else claim.second,
            "first_value": _plain(s.first_value) if s else None,
            "second_value": _plain(s.second_value) if s else None,
            "difference": _plain(s.difference) if s else None,
            "difference_low": _plain(s.low) if s else None,
            "difference_high": _plain(s.high) if s else None,
            "why": c.why,
            "stands_for": claim.stands_for,
            "review_reference": claim.review_reference,
            "source_doi": claim.source_doi,
            "locator": claim.locator,
        }


def _plain(value: float) -> str:
    return f"{value:.4g}"


def table(checks: Sequence[Check]) -> str:
    """Write the checks as Markdown, one line per claim and pair of sites."""
    evidence = list(dict.fromkeys(c.evidence for c in checks))
    lines = []
    for start in range(0, len(checks), len(evidence)):
        part = checks[start : start + len(evidence)]
        claim = part[0].claim
        lines.append((claim.statement, claim.alkali, _printed(claim), *map(_cell, part)))
    # a junction of two hosts is written with the bar that parts the cells of a table
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return markdown(("claim", "alkali", "printed", *evidence), escaped)


def _printed(claim: Claim) -> str:
    values = (claim.first_value, claim.second_value)
    if values == (None, None):
        return f"direction only (ref. {claim.review_reference})"
    text = " against ".join(f"{v:g}" for v in values if v is not None)
    return f"{text} {claim.unit} (ref. {claim.review_reference})"


def _cell(check: Check) -> str:
    s = check.shown
    if s is None:
        return f"{check.verdict}: {check.why}"
    return (
        f"**{check.verdict}**: {s.first} {s.first_value:.3g} against {s.second} "
        f"{s.second_value:.3g}, difference {s.difference:+.2g} ({s.low:+.2g} to {s.high:+.2g}); "
        f"{check.why}"
    )
