"""The data card of what one surrogate was trained on, written from the records."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from sacml.data.dataset import Dataset
from sacml.data.records import Record
from sacml.domain import BOUNDS, target
from sacml.domain.conditions import NUMBERS, WORDS

OWN = "Labels of whoever trained this model; their licence is theirs to state."
_MEANING = {
    "failure": "end of life stated",
    "reported": "printed; for a life mostly the length of a test",
    "lower": "at least this",
    "upper": "at most this",
}


def data_card(dataset: Dataset, bundled: bool = True) -> str:
    """Write the card of the records of one target as Markdown.

    Parameters
    ----------
    dataset
        As `sacml.data.training_records` returns it.
    bundled
        Whether the records came with sacml; others have a licence of their own.
    """
    records = dataset.records
    kind = target(records[0].target)
    parts = [
        f"# Data of {kind.name}: {dataset.name}",
        f"{len(records)} records of {kind.title.lower()} in {kind.unit}, "
        f"{sum(r.is_sac for r in records)} of them single- or dual-atom sites, from "
        f"{len({r.source_group for r in records})} sources; sha256 {dataset.digest[:12]}.",
        f"**Values.** {_values(records)} {kind.unit} (smallest, quartiles, largest).",
        *_energies(records),
        "**Bounds.**\n\n" + _shares((r.bound for r in records), _MEANING, BOUNDS),
        "**What is held.**\n\n" + "\n".join(_held(records)),
        "**Conditions stated.**\n\n" + "\n".join(_stated(records)),
        f"**Origin and licence.** {_origin(dataset.name.partition(':')[0]) if bundled else OWN}",
    ]
    return "\n\n".join(parts) + "\n"


def _values(records: Sequence[Record]) -> str:
    quartiles = np.quantile([r.value for r in records], [0, 0.25, 0.5, 0.75, 1])
    return ", ".join(f"{v:.4g}" for v in quartiles)


def _energies(records: Sequence[Record]) -> list[str]:
    levels = Counter((r.level_of_theory, r.reference) for r in records if r.level_of_theory)
    if not levels:
        return []
    told = "; ".join(f"{level}, against {ref} ({n})" for (level, ref), n in levels.items())
    return [f"**Level of theory.** {told}. Negative binds. Never pool it with another level."]


def _shares(words: Iterable[str], meaning: dict[str, str], order: Sequence[str]) -> str:
    counts = Counter(words)
    total = sum(counts.values())
    return "\n".join(
        f"- {word} ({meaning[word]}): {counts[word]} ({100 * counts[word] / total:.0f} %)"
        for word in order
        if counts[word]
    )


def _held(records: Sequence[Record]) -> list[str]:
    columns = {
        "alkali": (r.alkali for r in records),
        "metals": (m for r in records for m in r.site.metals),
        "shells": (str(r.site.shell) for r in records if r.site.shell is not None),
        "hosts": (r.site.host.name for r in records),
        "classes": (r.modifier.modifier_class.replace("_", " ") for r in records),
        "fidelity": (r.fidelity for r in records),
        "confidence": (r.confidence for r in records),
        "years": (str(r.year) for r in sorted(records, key=lambda r: r.year or 0) if r.year),
    }
    lines = []
    for name, words in columns.items():
        counts = Counter(words)
        listed = counts.items() if name == "years" else counts.most_common()
        lines.append(f"- {name}: " + (", ".join(f"{w} {n}" for w, n in listed) or "none"))
    return lines


def _stated(records: Sequence[Record]) -> list[str]:
    lines = []
    for name in NUMBERS:
        values = [v for r in records if (v := getattr(r.conditions, name)) is not None]
        span = f", {min(values):g} to {max(values):g}" if values else ""
        lines.append(f"- {name}: {len(values)} of {len(records)}{span}")
    for name in WORDS:
        counts = Counter(w for r in records if (w := getattr(r.conditions, name)) is not None)
        told = ", ".join(f"{w} {n}" for w, n in counts.most_common())
        lines.append(f"- {name}: {counts.total()} of {len(records)}{': ' * bool(told)}{told}")
    return lines


def _origin(source: str) -> str:
    return (
        "Bundled with sacml under CC-BY-4.0; how the values were read or computed, and their "
        f"traps: `datasets/{source}/README.md`."
    )
