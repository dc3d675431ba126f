"""Pools for backtests: our labels, and published tables that are no part of sacml.

A descriptor is what is known before the label. Element properties are those of
`sacml.features.samples.CENTRE`. Left out: `simple_ads_metals` (surfaces of metals, places without
descriptors), `mxene_hosts` (no label of adsorption), `metal_clusters_graphene` (totals of mixed
sizes), `imp2d_host_dopant` (no binding energies, says its README), `li_cu_ce_edb2` (solvents as
text), and of `sac_cxny_ads` N2 (unverified).
"""

from pathlib import Path

import numpy as np
import pandas as pd

from sacml.data.catalogue import training_records
from sacml.data.samples import Sample
from sacml.design import binding_window
from sacml.design.acquisition.goals import Goal
from sacml.design.backtest.run import KnownPool
from sacml.features import FEATURE_NAMES
from sacml.features.samples import (
    CENTRE,
    centre_columns,
    describe_samples,
    surroundings_columns,
)
from sacml.models.described import Described
from sacml.models.processes import BY_PART, blocks_of

STEP_EV = 4.92 / 4
"""Free energy of each of the four steps between water and oxygen at equilibrium, which the ideal
catalyst has; 4.92 eV as in the README of `sac_hoer`."""
IDEAL_EV = {"H": 0.0, "O": 2 * STEP_EV, "OH": STEP_EV, "OOH": 3 * STEP_EV}
"""Free energy of adsorption at the optimum: of hydrogen evolution for H, of oxygen for the rest."""
DAC_ROWS = 300


def our_labels() -> KnownPool:
    """Our DFT labels: nearest to the middle of the window of their alkali metal."""
    labels = Described.of(training_records("binding_energy").records, "binding_energy")
    windows = {a: binding_window(a) for a in ("Li", "Na", "K")}
    middle = np.array([(windows[r.alkali].low + windows[r.alkali].high) / 2
                       for r in labels.records])  # fmt: skip
    blocks = blocks_of(FEATURE_NAMES, BY_PART)
    X = labels.X.astype(np.float64)
    return _pool("dft: middle of the window", X, labels.y - middle, Goal("window", 0, 0), blocks)


def public(folder: Path) -> list[KnownPool]:
    """Pools of the published tables in a folder."""
    return [
        *_sac_hoer(folder / "sac_hoer"),
        *_cxny(folder / "sac_cxny_ads" / "sac_cxny_ads.csv"),
        _oxides(folder / "sac_metal_binding"),
        _supports(folder / "sac_metal_binding" / "metal_on_support_vlachos.csv"),
        _dual(folder / "dac_stability" / "dac_stability.csv"),
        _sheets(folder / "li_ads_2d_metals" / "li_ads_2d_dft_gcn.csv"),
        _efficiency(folder / "li_metal_ce" / "li_cu_ce_kim2023.csv"),
        _retention(folder / "li_metal_ce" / "anode_free_li_capacity_retention.csv"),
    ]


def _pool(name, X, y, goal, blocks=None) -> KnownPool:
    return KnownPool(name, np.asarray(X, float), np.asarray(y, float), goal, blocks)


def _elements(symbols) -> np.ndarray:
    return np.column_stack([p.of(list(symbols)) for p in CENTRE])


def _levels(column) -> np.ndarray:
    return pd.get_dummies(column).to_numpy(dtype=float)


def _two(left: int, width: int) -> tuple:
    return (("rbf", tuple(range(left))), ("rbf", tuple(range(left, width))))


def _sac_hoer(folder: Path) -> list[KnownPool]:
    """Relaxed bare sites; free energy of adsorption nearest to the ideal one."""
    from ase.io import read
    from structures import bare_sites

    frames = bare_sites(read(folder / "sac_hoer.extxyz", index=":"))
    blocks = (("rbf", tuple(centre_columns())), ("rbf", tuple(surroundings_columns())))
    pools = []
    for adsorbate, ideal in IDEAL_EV.items():
        own = [f for f in frames if f.info["adsorbate"] == adsorbate]
        table = describe_samples([Sample(f.info["id"], f, None, adsorbate) for f in own])
        y = [f.info["dG_eV"] for f in own]
        name = f"sac_hoer {adsorbate}: dG nearest to {ideal:.2f} eV"
        pools.append(_pool(name, table.X, y, Goal("window", ideal, ideal), blocks))
    return pools


def _cxny(path: Path) -> list[KnownPool]:
    table = pd.read_csv(path)
    pools = []
    for adsorbate in ("CO", "OH"):
        rows = table[table["adsorbate"] == adsorbate]
        X = rows.drop(columns=["id", "metal", "substrate", "sample", "E_ads_eV", "adsorbate"])
        pools.append(_pool(f"sac_cxny {adsorbate}: strongest", X, rows["E_ads_eV"], Goal("low")))
    return pools


def _oxides(folder: Path) -> KnownPool:
    rows = pd.read_csv(folder / "metal_on_oxide_oconnor2018.csv")
    surface = pd.read_csv(folder / "oconnor2018_surface_properties.csv").set_index("Surface")
    metal = _elements(rows["metal"])
    X = np.hstack([metal, surface.loc[rows["oxide_surface"]].to_numpy()])
    blocks = _two(metal.shape[1], X.shape[1])
    return _pool("metal on oxide: strongest", X, rows["BE_eV"], Goal("low"), blocks)


def _supports(path: Path) -> KnownPool:
    rows = pd.read_csv(path)
    metal = _elements(rows["metal"])
    X = np.hstack([metal, _levels(rows["support"])])
    blocks = _two(metal.shape[1], X.shape[1])
    return _pool("metal on support: strongest", X, rows["E_bind_eV"], Goal("high"), blocks)


def _dual(path: Path) -> KnownPool:
    """Draw rows that no active learning chose; pair of metals, cavity and which ligands are C.

    Ce has no group in the periodic table, hence no descriptors, and is left out.
    """
    table = pd.read_csv(path, dtype={"C_sites": str})
    usable = (table["source"] == "all") & ~table[["metal1", "metal2"]].isin(["Ce"]).any(axis=1)
    rows = table[usable].sample(DAC_ROWS, random_state=0)
    first, second = _elements(rows["metal1"]), _elements(rows["metal2"])
    metals = np.hstack([(first + second) / 2, np.abs(first - second)])
    carbon = np.array([[str(i) in c for i in range(8)] for c in rows["C_sites"].fillna("")], float)
    count = rows[["n_C_coord", "n_N_coord"]].to_numpy(dtype=float)
    X = np.hstack([metals, _levels(rows["cavity"]), carbon, count])
    blocks = _two(metals.shape[1], X.shape[1])
    return _pool("dual atoms: most stable", X, rows["E_stability_eV"], Goal("low"), blocks)


def _sheets(path: Path) -> KnownPool:
    rows = pd.read_csv(path)
    X = rows[["work_function_eV"]]
    return _pool("Li on 2D metals: strongest", X, rows["E_ads_Li_eV"], Goal("low"))


def _efficiency(path: Path) -> KnownPool:
    rows = pd.read_csv(path)
    X = rows.drop(columns=["id", "Electrolyte", "LCE", "CE"])
    return _pool("Li|Cu efficiency: highest", X, rows["LCE"], Goal("high"))


def _retention(path: Path) -> KnownPool:
    rows = pd.read_csv(path)
    X = rows.select_dtypes("number").drop(columns=["seen_after_batch", "norm_capacity"])
    return _pool("anode-free capacity: highest", X, rows["norm_capacity"], Goal("high"))
