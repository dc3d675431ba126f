"""Structures built and checked per second on one core, graphene family."""

import time

from sacml.domain import METALS
from sacml.structures import add_alkali, build, problems

SHELLS = ("N4", "N3", "N3C", "NC2", "C4", "S3", "O2S", "B4", "P2N2(trans)")


def _rate(make, names):
    make(names[0])
    started = time.perf_counter()
    for name in names:
        found = problems(make(name))
        assert not found, found
    return len(names) / (time.perf_counter() - started)


def run() -> dict[str, float]:
    sites = [f"{m}-{s}@graphene" for s in SHELLS for m in METALS if m != "Be"]
    dual = [f"{m}+Fe-N6@graphene" for m in METALS if m not in ("Be", "Fe")]
    return {
        "sites built and checked per second": _rate(build, sites),
        "sites with Li built and checked per second": _rate(
            lambda s: add_alkali(build(s), "Li"), sites
        ),
        "dual sites built and checked per second": _rate(build, dual),
        "distinct structures in the run": float(len(sites) + len(dual)),
    }


if __name__ == "__main__":
    for key, value in run().items():
        print(f"{key:<48} {value:.4g}")
