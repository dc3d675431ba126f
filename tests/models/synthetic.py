"""A made-up dataset with a known law: life falls with current, sources differ, metals do not."""

import numpy as np

from sacml.data import Dataset, Record
from sacml.domain import Conditions, Modifier, Site

METALS = ("Co", "Fe", "Ni", "Cu", "Zn", "Mn", "Cr", "Pd", "Ti", "V", "Zr", "Pt")
NOISE = 0.1


def dataset(n=60, n_sources=24, seed=0, shuffle=False, bounds=("reported", "lower")):
    """Lives of n tests; every second source tests a single-atom site of a metal of its own."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        source = i % n_sources
        is_sac = source % 2 == 0
        metal = METALS[(source // 2) % len(METALS)]
        shell = ("N4", "N3", "?")[int(rng.integers(3))]
        host = ("graphene", "hard_carbon")[int(rng.integers(2))]
        rows.append(
            {
                "record_id": f"r{i}",
                "site": (site := Site.parse(f"{metal}-{shell}@{host}" if is_sac else "@carbon")),
                "modifier": Modifier.of_site(site) if is_sac else Modifier("compound", ("Sn",)),
                "alkali": ("Li", "Na")[int(rng.integers(2))],
                "current": float(rng.choice([0.5, 1, 2, 5, 10])),
                "bound": bounds[int(rng.integers(len(bounds)))],
                "source_group": f"s{source}",
            }
        )
    values = [3 - np.log10(r["current"]) + rng.normal(scale=NOISE) for r in rows]
    if shuffle:
        rng.shuffle(values)
    records = [
        Record(
            target="cycle_life",
            value=float(10**y),
            conditions=Conditions(current_density_mA_cm2=row.pop("current")),
            **row,
        )
        for row, y in zip(rows, values, strict=True)
    ]
    return Dataset("synthetic", tuple(records), "0" * 64)
