"""Counts that the data cards print, kept in step with the data by the build scripts."""

from collections import Counter
from pathlib import Path

from sacml.data.dataset import Dataset
from sacml.errors import SacmlError

BEGIN, END = "<!-- counts: begin -->", "<!-- counts: end -->"


def counts_table(dataset: Dataset) -> str:
    """Count the records of a dataset per target as a Markdown table."""
    lines = [
        f"`{dataset.name}`: {len(dataset)} records",
        "",
        "| target | records | reported | lower | upper | failure | SAC | for fits | sources |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for target in dict.fromkeys(sorted(r.target for r in dataset)):
        rows = [r for r in dataset if r.target == target]
        bounds = Counter(r.bound for r in rows)
        cells = [
            target, len(rows), *(bounds[b] for b in ("reported", "lower", "upper", "failure")),
            sum(r.is_sac for r in rows), sum(not r.not_for_fit for r in rows),
            len({r.source_group for r in rows}),
        ]  # fmt: skip
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    reasons = Counter(r.reason for r in dataset.refused)
    if reasons:
        lines += ["", "| kept out of fits, or no value of a target | times |", "|---|---|"]
        lines += [f"| {reason} | {n} |" for reason, n in reasons.most_common()]
    return "\n".join(lines)


def update_card(path: Path, datasets: list[Dataset]) -> None:
    """Write the counts into a data card, between its two marks."""
    replace_block(path, "counts", "\n\n".join(counts_table(d) for d in datasets))


def replace_block(path: Path, name: str, body: str) -> None:
    """Write a generated part of a data card between its marks.

    Raises
    ------
    SacmlError
        If the card lacks the marks ``<!-- NAME: begin -->`` and ``<!-- NAME: end -->``.
    """
    text = path.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if begin not in text or end not in text:
        raise SacmlError(f"{path} lacks the marks {begin} and {end}")
    head, tail = text.split(begin)[0], text.split(end)[1]
    path.write_text(f"{head}{begin}\n{body}\n{end}{tail}", encoding="utf-8")
