"""Read the results of the handed-over campaign: one JSON file a task, geometries beside it."""

import json
from pathlib import Path
from typing import Any

from ase import Atoms
from ase.io import read
from build_calculation import OWN, Calculation
from build_geometry import centre_index, notation

SOURCE = "campaign"
LIMIT_eV_A = 0.15
"""Where the protocol ends a relaxation. Its first records had a tighter limit and fewer steps, so
that their own flag says no where this limit is met."""


def read_campaign(campaign: Path) -> list[Calculation]:
    """Read every task of a folder, or of the folder ``results`` in it.

    Raises
    ------
    SystemExit
        If there is none, or a site has lost its shell.
    """
    folder = campaign / "results" if (campaign / "results").is_dir() else campaign
    tasks = [json.loads(p.read_text()) for p in sorted(folder.glob("*.json"))]
    if not tasks:
        raise SystemExit(f"{folder} holds no results (*.json)")
    sites = {}
    for t in tasks:
        if t["kind"] == "site" and t["status"] == "ok":
            sites[t["key"]] = notation(t["metal"], t["coord"], geometry(folder, t["key"]))
    return [calculation(folder, t, sites) for t in sorted(tasks, key=lambda t: t["key"])]


def geometry(folder: Path, key: str) -> Atoms:
    """Read the final geometry of a task."""
    path = folder / f"{key.replace('/', '_')}.xyz"
    if not path.exists():
        raise SystemExit(f"{path} is missing: the geometry of {key} is needed")
    atoms = read(path)
    atoms.calc = None
    atoms.info["metal_index"] = centre_index(atoms)
    return atoms


def calculation(folder: Path, t: dict[str, Any], sites: dict[str, str]) -> Calculation:
    """Make the calculation of a task."""
    key, kind = t["key"], t["kind"]
    parts = key.split("/")
    ok, relaxed = t["status"] == "ok", kind in ("site", "ads")
    fmax = t.get("fmax_gamma")
    return Calculation(
        key=key, kind=kind, source=SOURCE, ok=ok, fidelity=OWN,
        level=f"GPAW-PW{t.get('ecut', 340)}/{t.get('xc', 'PBE')}",
        element=parts[1] if kind in ("atom", "bulk") else t.get("alkali") or "",
        site=sites.get("site/" + "/".join(parts[1:3]), "") if relaxed else "",
        start="/".join(parts[4:]) if kind == "ads" else "", energy=t.get("E"),
        converged=fmax is None or fmax < LIMIT_eV_A,
        atoms=geometry(folder, key) if ok and relaxed else None, columns=columns(t),
    )  # fmt: skip


def columns(t: dict[str, Any]) -> dict[str, Any]:
    """Name the values of a task as the tables do."""
    kind, parts = t["kind"], t["key"].split("/")
    kpoints = {"atom": "1x1x1", "bulk": "10x10x10"}.get(kind, "2x2x1")
    if kind == "sp":
        k = t["opts"].get("k", "2")
        kpoints = f"{k}x{k}x1" + (" (Gamma-centred)" if "gc" in t["opts"] else "")
    if kind == "cell":
        kpoints = f"{parts[2]}x{parts[2]}x1 (Gamma-centred)"
    metal = t.get("metal") or ""
    return {
        "reason": t.get("why", ""), "metal": "" if metal == "none" else metal,
        "coordination_letters": t.get("coord") or "", "cell": t.get("cell") or "",
        "free_energy_eV": t.get("Efree"), "moment_muB": t.get("M"),
        "fmax_gamma_eV_A": t.get("fmax_gamma"), "fmax_k_eV_A": t.get("fmax_k"),
        "geometry_converged": t.get("geo_conv"), "steps": t.get("steps"),
        "smearing_width_eV": t.get("width"), "mixer_beta": t.get("beta"),
        "cutoff_eV": t.get("ecut"), "functional": t.get("xc"), "code": t.get("code"),
        "setups": t.get("data"), "kpoints": kpoints, "metal_height_A": t.get("h_metal"),
        "alkali_height_A": t.get("h_alk"), "metal_alkali_distance_A": t.get("d_MA"),
        "metal_alkali_lateral_A": t.get("d_MA_xy"), "largest_bond_change_A": t.get("dbond_max"),
        "largest_metal_bond_change_A": t.get("dbond_MX"),
        "metal_ligand_distances_A": tuple(t.get("d_MX", ())), "lattice_constant_A": t.get("a"),
        "seconds": t.get("t_total"), "repeat_of": t.get("src", ""),
    }  # fmt: skip
