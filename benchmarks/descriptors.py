"""Rate of the descriptors on one core, against composing the same statistics row by row.

Run ``python benchmarks/descriptors.py``. Beside the plain Python loop, which is also the oracle
that the values are compared with, matminer is timed where it can be imported, here or by the
interpreter given as ``--matminer-python`` (an environment of its own).
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np

from sacml.domain import ALKALI, METALS, Candidate, Host, Shell, Site
from sacml.domain.conditions import CELLS, ELECTROLYTES, ROLES
from sacml.domain.elements import element
from sacml.features import FEATURE_NAMES, FEATURES, CandidateTable, describe
from sacml.features.host import formula_atoms

HOSTS = ("graphene", "cnt(10,0)", "hard_carbon", "n_doped_carbon", "carbon")
SHELLS = ("N4", "N3C", "N2C2(trans)", "N2O2(cis5)", "N3", "C3", "N2S2", "N3P")
DUAL_SHELLS = ("N6", "N4O2", "N5C")
TOLERANCE = 1e-6
"""Largest relative difference of two float32 results (eight units in the last place)."""


def generate(n: int, seed: int = 0) -> CandidateTable:
    """Random candidates over single and dual sites, alkali metals and conditions."""
    sites = [
        Site((metal,), Shell.parse(*shell.rstrip(")").split("(")), Host.parse(host))
        for metal in METALS for shell in SHELLS for host in HOSTS
    ]  # fmt: skip
    sites += [
        Site(pair, Shell.parse(shell), Host.parse("graphene"))
        for pair in combinations(METALS, 2) for shell in DUAL_SHELLS
    ]  # fmt: skip
    base = CandidateTable.from_candidates([Candidate(s, ALKALI[0]) for s in sites])
    rng = np.random.default_rng(seed)

    def word(words: tuple[str, ...]) -> np.ndarray:
        return rng.integers(-1, len(words), n, dtype=np.int8)

    def number(low: float, high: float) -> np.ndarray:
        return np.where(rng.random(n) < 0.1, np.nan, rng.uniform(low, high, n))

    return replace(
        base.take(rng.integers(0, len(base), n)),
        alkali_index=rng.integers(0, len(ALKALI), n, dtype=np.int8),
        current_density_mA_cm2=number(0.1, 10.0),
        areal_capacity_mAh_cm2=number(0.1, 10.0),
        temperature_C=number(-20.0, 60.0),
        electrolyte_index=word(ELECTROLYTES),
        cell_index=word(CELLS),
        role_index=word(ROLES),
    )


def composed() -> list[str]:
    """Columns that the row-by-row loops compose: everything made of element properties."""
    return [f.name for f in FEATURES if "element table" in f.source or f.group == "pair"]


def by_hand(candidate: Candidate) -> dict[str, float]:
    """Elemental statistics of one site with centre, in plain Python."""
    site, mean = candidate.site, statistics.fmean
    metals = [element(m) for m in site.metals]
    shell = [element(s) for s, n in site.shell.counts for _ in range(n)]
    alkali = element(candidate.alkali)
    out = dict.fromkeys(composed(), 0.0)

    def put(elements: list, prefix: str, names: str, stat: str, function: Callable) -> None:
        for name in names.split():
            unit = next((u for u in ("_eV", "_A", "_K") if name.endswith(u)), "")
            key = f"{prefix}_{name.removesuffix(unit)}_{stat}{unit}"
            column = "electronegativity_pauling" if name == "electronegativity" else name
            out[key] = function([getattr(e, column) for e in elements])

    chi, radius, valence = "electronegativity ", "covalent_radius_A ", "valence_electrons "
    put(metals, "metal", chi + radius + valence + "period first_ionization_energy_eV "
        "second_ionization_energy_eV d_electrons unpaired_electrons cohesive_energy_eV "
        "melting_point_K", "mean", mean)  # fmt: skip
    put(metals, "metal", chi + radius + valence + "cohesive_energy_eV", "spread",
        lambda v: max(v) - min(v))  # fmt: skip
    put(metals, "mod_active", chi + radius + "cohesive_energy_eV", "mean", mean)
    put(shell, "shell", chi + radius + valence, "mean", mean)
    put(shell, "shell", chi + radius, "min", min)
    put(shell, "shell", chi + radius, "max", max)
    if site.host.type.formula:
        atoms = formula_atoms(site.host.type.formula)
        host = [element(s) for s, n in atoms.items() for _ in range(n)]
        put(host, "host", chi + radius + valence, "mean", mean)
        out["pair_host_alkali_electronegativity_difference"] = (
            out["host_electronegativity_mean"] - alkali.electronegativity_pauling
        )
    out |= {
        "alkali_ionic_radius_A": alkali.ionic_radius_A,
        "alkali_covalent_radius_A": alkali.covalent_radius_A,
        "alkali_electronegativity": alkali.electronegativity_pauling,
        "alkali_first_ionization_energy_eV": alkali.first_ionization_energy_eV,
        "alkali_cohesive_energy_eV": alkali.cohesive_energy_eV,
    }
    x, r = out["metal_electronegativity_mean"], out["metal_covalent_radius_mean_A"]
    x_shell, r_shell = out["shell_electronegativity_mean"], out["shell_covalent_radius_mean_A"]
    energy = "first_ionization_energy"
    out |= {
        "pair_metal_shell_electronegativity_difference": x_shell - x,
        "pair_metal_shell_radius_sum_A": r + r_shell,
        "pair_metal_shell_radius_ratio": r_shell / r,
        "pair_neighbours_per_centre": len(shell) / len(metals),
        "pair_valence_electrons_per_neighbour": (
            sum(m.valence_electrons for m in metals) / len(shell)
        ),
        "pair_d_electrons_x_shell_electronegativity": (
            out["metal_d_electrons_mean"]
            * sum(s.electronegativity_pauling for s in shell) / len(metals)
        ),
        "pair_metal_alkali_electronegativity_difference": x - alkali.electronegativity_pauling,
        "pair_metal_alkali_radius_ratio": r / alkali.covalent_radius_A,
        f"pair_metal_alkali_{energy}_difference_eV": (
            out[f"metal_{energy}_mean_eV"] - alkali.first_ionization_energy_eV
        ),
        "pair_metal_alkali_cohesive_energy_difference_eV": (
            out["metal_cohesive_energy_mean_eV"] - alkali.cohesive_energy_eV
        ),
        "pair_shell_alkali_electronegativity_difference": (
            x_shell - alkali.electronegativity_pauling
        ),
        "pair_active_alkali_electronegativity_difference": x - alkali.electronegativity_pauling,
    }  # fmt: skip
    return out


# no more properties and statistics of each component than the descriptors have
MATMINER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from matminer.featurizers.composition import ElementProperty
from matminer.utils.data import MagpieData
from pymatgen.core import Composition
data = MagpieData()
def featuriser(features, stats):
    return ElementProperty(data_source=data, features=features, stats=stats)
metal = featuriser(["Row", "CovalentRadius", "Electronegativity", "NValence", "NdValence",
                    "NUnfilled", "MeltingT"], ["mean", "range"])
shell = featuriser(["Electronegativity", "CovalentRadius", "NValence"],
                   ["mean", "minimum", "maximum"])
host = featuriser(["Electronegativity", "CovalentRadius", "NValence"], ["mean"])
alkali = featuriser(["Electronegativity", "CovalentRadius"], ["mean"])
rows = json.load(sys.stdin)
def run(rows):
    for m, s, h, a in rows:
        metal.featurize(Composition(m))
        shell.featurize(Composition(s))
        host.featurize(Composition(h))
        alkali.featurize(Composition(a))
run(rows[:50])
start = time.process_time()
run(rows)
print(len(rows) / (time.process_time() - start))
"""


def matminer_rate(candidates: list[Candidate], python: str | None) -> float | None:
    """Rows per second with matminer, or None where it cannot be imported."""
    sites = [(c.site, c.alkali) for c in candidates]
    rows = [
        ["".join(s.metals), s.shell.composition, s.host.type.formula or "C", alkali]
        for s, alkali in sites
    ]
    done = subprocess.run(
        [python or sys.executable, "-c", MATMINER],
        input=json.dumps(rows), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        if python is None and "No module named" in done.stderr:
            return None
        raise SystemExit(f"timing matminer failed:\n{done.stderr}")
    return float(done.stdout)


def run(
    n: int = 1_000_000, n_slow: int = 3000, repeats: int = 3, matminer_python: str | None = None
) -> dict:
    """Measure, in rows per second of processor time of one core.

    Returns
    -------
    dict
        ``rate`` of `describe`, ``loop_rate`` and ``matminer_rate`` (None where not importable),
        ``ratio`` (to matminer if timed, else to the loop) and ``compared_with``, and
        ``largest_difference`` between `describe` and the loop, relative to 1 or the value.
    """
    table = generate(n)
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        X = describe(table)
        seconds.append(time.process_time() - start)
    candidates = [table.candidate(i) for i in range(n_slow)]
    names = composed()
    start = time.process_time()
    loop = [by_hand(c) for c in candidates]
    loop_rate = n_slow / (time.process_time() - start)
    expected = np.array([[row[name] for name in names] for row in loop])
    found = X[:n_slow, [FEATURE_NAMES.index(name) for name in names]]
    difference = np.abs(found - expected) / np.maximum(1.0, np.abs(expected))
    other = matminer_rate(candidates[:500], matminer_python)
    rate = n / min(seconds)
    return {
        "candidates": n,
        "features": X.shape[1],
        "composed_features": len(names),
        "rate": rate,
        "loop_rate": loop_rate,
        "matminer_rate": other,
        "compared_with": "plain Python loop" if other is None else "matminer",
        "ratio": rate / (loop_rate if other is None else other),
        "largest_difference": float(difference.max()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--candidates", type=int, default=1_000_000)
    parser.add_argument("--matminer-python", help="interpreter of an environment with matminer")
    given = parser.parse_args()
    figures = run(given.candidates, matminer_python=given.matminer_python)
    print(f"describe(): {figures['rate']:,.0f} candidates/s on one core "
          f"({figures['candidates']:,} candidates, {figures['features']} features)")  # fmt: skip
    print(f"plain Python loop: {figures['loop_rate']:,.0f} candidates/s "
          f"({figures['composed_features']} features from element properties)")  # fmt: skip
    if figures["matminer_rate"] is None:
        print("matminer: not importable here; give --matminer-python to time it")
    else:
        print(f"matminer: {figures['matminer_rate']:,.0f} candidates/s")
    print(f"ratio to {figures['compared_with']}: {figures['ratio']:,.0f}")
    print(f"largest relative difference from the loop: {figures['largest_difference']:.1e}")
    if figures["largest_difference"] > TOLERANCE:
        raise SystemExit(f"the loop and describe() differ by more than {TOLERANCE:g}")


if __name__ == "__main__":
    main()
