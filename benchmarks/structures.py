"""Structures built and checked per second of one core, graphene family.

Time is that of the processor: other work on the machine does not count.
"""

import time

from sacml.domain import METALS
from sacml.structures import add_alkali, build, problems

SHELLS = ("N4", "N3", "N3C", "NC2", "C4", "S3", "O2S", "B4", "P2N2(trans)")
DUAL_SHELLS = ("N5", "N6", "N8")


def _rate(make, names):
    make(names[0])
    started = time.process_time()
    for name in names:
        found = problems(make(name))
        assert not found, found
    return len(names) / (time.process_time() - started)


def _with_li(name):
    return add_alkali(build(name), "Li")


def run() -> dict[str, float]:
    sites = [f"{m}-{s}@graphene" for s in SHELLS for m in METALS if m != "Be"]
    metals = [m for m in METALS if m not in ("Be", "Fe")]
    dual = [f"{m}+Fe-{s}@graphene" for s in DUAL_SHELLS for m in metals]
    return {
        "sites built and checked per second": _rate(build, sites),
        "sites with Li built and checked per second": _rate(_with_li, sites),
        "dual sites built and checked per second": _rate(build, dual),
        "dual sites with Li built and checked per second": _rate(_with_li, dual),
        "distinct structures in the run": 2.0 * (len(sites) + len(dual)),
    }


if __name__ == "__main__":
    for key, value in run().items():
        print(f"{key:<48} {value:.4g}")
