"""The review's claims against our DFT labels and the released surrogates, as one table.

Writes experiments/results/claims.csv and claims.md and prints the counts.
"""

import argparse
import csv
import sys
from collections import Counter
from pathlib import Path

from sacml.errors import SacmlError
from sacml.workflows.claim_tables import rows, table
from sacml.workflows.claims import LABEL_NOISE_EV, check_claims

HEAD = f"""# The review's claims, checked

Written by `experiments/claims.py`; sources and stand-ins of every line are in `claims.csv`.
A difference of two labels counts from {LABEL_NOISE_EV:g} eV x sqrt(2) on, a difference of two
predictions where their 90 % intervals do not overlap; else the claim is undecided. Of a series the
pair that speaks most against the claim is shown. A surrogate that was trained on the labels of both
sites is no evidence beyond them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("experiments/results"))
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    checks = check_claims()
    lines = list(rows(checks))
    with (out / "claims.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    counts = Counter((c.evidence, c.verdict) for c in checks)
    told = "\n".join(f"- {what}: {n} {verdict}" for (what, verdict), n in sorted(counts.items()))
    assumed = dict.fromkeys(
        f"- {c.claim.statement} {c.claim.first}: {c.claim.stands_for}."
        for c in checks
        if c.claim.stands_for
    )
    parts = (HEAD, told, table(checks), "What stands for what:", "\n".join(assumed))
    (out / "claims.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print(told)


if __name__ == "__main__":
    try:
        main()
    except SacmlError as error:
        sys.exit(f"claims: {error}")
