"""Fill the marked blocks of README.md with figures from the repository; --check only compares.

Data counts come from `datasets/`, the scores from the released models in `models/`, the speed from
`benchmarks/results.json` (written by `benchmarks/run.py --out benchmarks/results.json`), the other
tables from `experiments/results/`.
"""

import argparse
import csv
import json
import re
import sys
from pathlib import Path
from typing import Any

from sacml._resources import model_path
from sacml.data import list_datasets, load_dataset, training_records
from sacml.domain import PRIMARY, TARGETS
from sacml.workflows.tables import markdown, split_table

REPO = Path(__file__).parents[1]


def data_block() -> str:
    lines = []
    for info in list_datasets():
        dataset = load_dataset(info.name)
        sac = sum(r.is_sac for r in dataset)
        sources = len({r.source_group for r in dataset})
        lines.append((info.name, info.title, str(len(dataset)), str(sac), str(sources)))
    table = markdown(("dataset", "what", "records", "on single atoms", "sources"), lines)
    fitted = [
        (t, str(len(d)), str(sum(r.is_sac for r in d)), str(len({r.source_group for r in d})))
        for t, d in ((t, training_records(t)) for t in PRIMARY)
    ]
    return f"{table}\n\nWhat the released surrogates are fitted and judged on:\n\n" + markdown(
        ("target", "records", "on single atoms", "sources"), fitted
    )


def models_block() -> str:
    parts = []
    for name in PRIMARY:
        model = json.loads((model_path(name) / "model.json").read_text(encoding="utf-8"))
        found = model["evaluation"]
        said, scores = found["sentence"], found["scores"]
        refine = model_path("refine") / name / "model.json"
        if refine.is_file():
            other = json.loads(refine.read_text(encoding="utf-8"))["evaluation"]
            there = {s["model"] for s in scores}
            scores = scores + [s for s in other["scores"] if s["model"] not in there]
            said += f"\n\nFor short lists (`--refine`), {other['sentence']}"
        table = split_table(better(scores), found["split"], found["rows"])
        parts.append(f"#### {TARGETS[name].title}\n\n{said}\n\n{table}")
        if found["rows"] != "sac":
            table = split_table(better(found["scores"]), found["split"], "sac")
            parts.append(f"The same models on held-out single-atom sites alone:\n\n{table}")
    return "\n\n".join(parts)


def better(scores: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each model the training set with the lower error; the cards hold both."""
    best: dict[tuple[str, ...], dict[str, Any]] = {}
    for s in sorted(scores, key=lambda s: s["mae"]):
        best.setdefault((s["model"], s["split"], s["rows"]), s)
    return list(best.values())


def rows_of(name: str) -> list[dict[str, str]]:
    path = REPO / "experiments" / "results" / name
    if not path.is_file():
        sys.exit(f"{path} is missing")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def evaluation_block() -> str:
    lines = [
        (TARGETS[r["target"]].title, r["figure"], r["model"], r["found"], r["verdict"])
        for r in rows_of("evaluation/verdicts.csv")
        if r["model"] == "the rule itself" or not r["figure"].startswith("error against")
    ]
    return markdown(("target", "figure", "of", "found", "verdict"), lines)


def structures_block() -> str:
    names = ("random", "by_site", "leave_one_metal_out")
    found: dict[str, dict[str, str]] = {}
    for r in rows_of("structures.csv"):
        text = f"{float(r['mae']):.3f} ({float(r['mae_low']):.3f} to {float(r['mae_high']):.3f})"
        found.setdefault(r["model"], {})[r["split"]] = text
    lines = [(model, *(by.get(n, "not judged") for n in names)) for model, by in found.items()]
    return markdown(("model", *(n.replace("_", " ") for n in names)), lines)


# Of each benchmark what a reader asks for; the rest stays in benchmarks/results.json.
SPEED = (
    ("`import sacml`", "startup", "import sacml (s, median of 5)", "{:.3f} s"),
    (
        "`sacml predict`, one site",
        "startup",
        "sacml predict, one site (s, median of 5)",
        "{:.2f} s",
    ),
    ("descriptor rows", "descriptors", "rate", "{:,.0f} per second"),
    ("... against a plain Python loop", "descriptors", "ratio", "{:.0f} times as fast"),
    ("10⁶ candidates scored by the released trees", "scoring", "as_released_seconds", "{:.1f} s"),
    (
        "... against one plain prediction",
        "scoring",
        "as_released_ratio_to_plain",
        "{:.2f} of its time",
    ),
    (
        "interval and flag on 10⁶ candidates",
        "intervals",
        "normalised_added_ratio_to_plain",
        "{:.2f} of one plain prediction",
    ),
    ("10⁷ candidates ranked, four objectives", "design", "rank_1e7_seconds", "{:.0f} s"),
    ("... peak memory", "design", "rank_1e7_peak_MiB", "{:.0f} MiB"),
    ("... CPU time per candidate against 10⁶", "design", "rank_linearity", "{:.2f}"),
    (
        "sites with Li built and checked",
        "structures",
        "sites with Li built and checked per second",
        "{:.0f} per second",
    ),
    (
        "graphs at 6 Å, 32 to 58 atoms",
        "graphs",
        "graphs per second of one core",
        "{:,.0f} per second",
    ),
    (
        "... ASE's neighbour list",
        "graphs",
        "ASE's list takes times longer",
        "{:.1f} times the time",
    ),
    (
        "... pymatgen's neighbour list",
        "graphs",
        "pymatgen's list takes times longer",
        "{:.1f} times the time",
    ),
    (
        "invariant graph network trained, against SchNet of equal width",
        "gnn",
        "invariant over schnet",
        "{:.2f} of its graphs per second",
    ),
    (
        "... the equivariant one, our default",
        "gnn",
        "equivariant over schnet",
        "{:.2f} of its graphs per second",
    ),
    (
        "... our default against a SchNet without denormal numbers",
        "gnn",
        "equivariant over schnet without denormals",
        "{:.2f} of its graphs per second",
    ),
    (
        "a campaign's own work per DFT task",
        "campaign",
        "overhead per task, structures and all (s)",
        "{:.3f} s",
    ),
    ("served, one row a request", "serving", "serving_one_row_requests_per_s", "{:.0f} per second"),
    ("... median and", "serving", "serving_one_row_p50_ms", "{:.1f} ms"),
    ("... 99th percentile of the time", "serving", "serving_one_row_p99_ms", "{:.1f} ms"),
    (
        "served, 10⁴ rows a request",
        "serving",
        "serving_ten_thousand_rows_predictions_per_s",
        "{:,.0f} predictions per second",
    ),
    ("two Dask workers against one", "cluster", "dask_speed_up_2_over_1", "{:.2f} times as fast"),
    (
        "two Dask workers against two processes",
        "cluster",
        "dask_over_processes_time",
        "{:.2f} of the time",
    ),
)


def benchmarks_block() -> str:
    path = REPO / "benchmarks" / "results.json"
    if not path.is_file():
        sys.exit(f"{path} is missing: run benchmarks/run.py --out {path}")
    results = json.loads(path.read_text(encoding="utf-8"))
    lines = []
    for what, group, key, form in SPEED:
        value = results.get(group, {}).get(key)
        if value is None:
            sys.exit(f"{path} has no {group}: {key}; run benchmarks/run.py --out {path}")
        lines.append((what, form.format(value)))
    return markdown(("what", "measured"), lines)


BLOCKS = {
    "data": data_block,
    "models": models_block,
    "evaluation": evaluation_block,
    "structures": structures_block,
    "benchmarks": benchmarks_block,
}


def filled(text: str) -> str:
    for name, make in BLOCKS.items():
        pattern = re.compile(f"<!-- {name} -->\n.*?<!-- /{name} -->", re.DOTALL)
        if not pattern.search(text):
            sys.exit(f"README.md has no block {name!r}")
        block = f"<!-- {name} -->\n{make()}\n<!-- /{name} -->"
        text = pattern.sub(lambda _, b=block: b, text)
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if the README is stale")
    arguments = parser.parse_args()
    path = REPO / "README.md"
    old = path.read_text(encoding="utf-8")
    new = filled(old)
    if arguments.check:
        sys.exit("README.md is stale: run experiments/readme.py" if new != old else 0)
    path.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
