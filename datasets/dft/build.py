"""Make the tables of this folder from the results of a DFT campaign.

    python datasets/dft/build.py --campaign FOLDER [--out datasets/dft]
    python datasets/dft/build.py --campaign FOLDER --cheap-engines FILE

FOLDER holds one JSON file per finished task and, for structures, one extxyz file beside it, or a
folder `results` with them. `d3.txt`, where it lies in FOLDER or above the results, gives the
dispersion share. Energies in eV, lengths in A, forces in eV/A. Formulae (PROTOCOL.md)::

    E_atom(A) = E(site+A) - E(site) - E(A, isolated)     E_bulk(A) = E_atom(A) + E_coh(A)
    relative  = E_atom(site) - E_atom(@graphene)         E_M = E(site) - E(empty site) - E(M)
"""

import argparse
import csv
import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from ase import Atoms  # noqa: E402
from ase.data import covalent_radii  # noqa: E402
from ase.io import read, write  # noqa: E402

from sacml.data.cards import update_card  # noqa: E402
from sacml.data.catalogue import read_bundled  # noqa: E402
from sacml.domain import ALKALI, Site  # noqa: E402

BINDING = (
    "record_id", "site", "alkali", "start", "binding_energy_atom_eV", "binding_energy_bulk_eV",
    "relative_to_graphene_eV", "d3_share_atom_eV", "lowest_of_starts", "starts_tried",
    "level_of_theory", "fidelity", "role", "source_group", "citation", "year", "confidence",
    "metal", "coordination_letters", "site_moment_muB", "site_alkali_moment_muB",
    "metal_alkali_distance_A", "alkali_height_A", "metal_height_A", "largest_bond_change_A",
    "geometry_converged", "site_geometry_converged", "fmax_gamma_eV_A", "fmax_k_eV_A",
    "smearing_width_eV", "seconds", "notes",
)  # fmt: skip
CALCULATIONS = (
    "key", "kind", "status", "reason", "site", "metal", "coordination_letters", "alkali", "start",
    "cell", "energy_eV", "free_energy_eV", "moment_muB", "fmax_gamma_eV_A", "fmax_k_eV_A",
    "geometry_converged", "steps", "smearing_width_eV", "mixer_beta", "cutoff_eV", "functional",
    "code", "setups", "kpoints", "metal_height_A", "alkali_height_A", "metal_alkali_distance_A",
    "metal_alkali_lateral_A", "largest_bond_change_A", "largest_metal_bond_change_A",
    "metal_ligand_distances_A", "lattice_constant_A", "seconds",
)  # fmt: skip
STABILITY = (
    "site", "metal", "binding_energy_to_empty_site_eV", "site_key", "empty_site_key", "atom_key",
    "level_of_theory",
)  # fmt: skip
CITATION = "sacml developers, GPAW campaign on single-atom sites (PROTOCOL.md)"
GROUP = "sacml-dft"


def load(folder: Path) -> dict[str, dict]:
    """Read the JSON file of every task, by key."""
    rows = [json.loads(p.read_text()) for p in sorted(folder.glob("*.json"))]
    return {row["key"]: row for row in rows}


def atoms_of(folder: Path, key: str) -> Atoms:
    """Read the final geometry of a task."""
    path = folder / f"{key.replace('/', '_')}.xyz"
    if not path.exists():
        raise SystemExit(f"{path} is missing: the isomer of {key} is read from its geometry")
    return read(path)


def centre_index(atoms: Atoms) -> int:
    """Find the metal centre; -1 where there is none."""
    sheet = {"C", "N", "O", "S", "P", "B", *ALKALI}
    found = [i for i, s in enumerate(atoms.symbols) if s not in sheet]
    if len(found) > 1:
        raise SystemExit(f"more than one metal centre in {atoms.symbols}")
    return found[0] if found else -1


def ligands(atoms: Atoms, letters: str) -> list[int]:
    """Find the atoms around the centre, in the sheet, that the letters name."""
    if (alkali := next((i for i, s in enumerate(atoms.symbols) if s in ALKALI), None)) is not None:
        atoms = atoms[[i for i in range(len(atoms)) if i != alkali]]
    metal = centre_index(atoms)
    if metal >= 0:
        d = atoms.get_distances(metal, range(len(atoms)), mic=True)
        d[metal] = np.inf
    else:
        probe = atoms.copy()
        probe.append(Atoms("X", positions=[atoms.info["center"]])[0])
        d = probe.get_distances(len(atoms), range(len(atoms)), mic=True)
    found = [int(i) for i in np.argsort(d)[: len(letters)]]
    symbols = sorted(atoms.symbols[i] for i in found)
    if symbols != sorted(letters):
        raise SystemExit(
            f"neighbours {symbols} of the centre do not match the letters {letters}: the geometry "
            "has rearranged; leave this task out or give it a notation of its own"
        )
    return found


def ring_bonds(atoms: Atoms, first: int, second: int, without: int) -> int:
    """Count the bonds of the shortest path between two ligands that avoids the metal."""
    radii = covalent_radii[atoms.numbers]
    bonded = atoms.get_all_distances(mic=True) < 1.2 * (radii[:, None] + radii[None, :])
    np.fill_diagonal(bonded, val=False)
    if without >= 0:
        bonded[without] = bonded[:, without] = False
    for i, symbol in enumerate(atoms.symbols):
        if symbol in ALKALI:
            bonded[i] = bonded[:, i] = False
    reached, front, steps = {first}, {first}, 0
    while front and second not in reached:
        front = {int(j) for i in front for j in np.flatnonzero(bonded[i])} - reached
        reached |= front
        steps += 1
    return steps if second in reached else 99


def isomer(atoms: Atoms, letters: str) -> str:
    """Read from the geometry how the two like ligands of a mixed shell of four stand."""
    counts = {s: letters.count(s) for s in dict.fromkeys(letters)}
    if len(letters) != 4 or sorted(counts.values()) not in ([2, 2], [1, 1, 2]):
        return ""
    # the first kind in canonical order decides; in 2 + 2 the other pair stands alike
    like = "N" if counts.get("N") == 2 else next(s for s, n in counts.items() if n == 2)
    around = ligands(atoms, letters)
    first, second = (i for i in around if atoms.symbols[i] == like)
    # a pair on one vacancy edge closes a six-membered ring with the metal (four bonds beside it),
    # a pair across closes a five-membered one (three bonds), opposite ligands close neither
    bonds = ring_bonds(atoms, first, second, centre_index(atoms))
    return {3: "(cis5)", 4: "(cis6)"}.get(bonds, "(trans)")


def notation(folder: Path, task: dict) -> str:
    """Write the site of a task in the line notation."""
    metal, letters = task["metal"], task["coord"]
    if metal == "none" and letters == "gr":
        return "@graphene"
    if metal == "none" and letters == "gN":
        return "@n_doped_graphene"  # one graphitic N per cell; no notation for its place
    counts = "".join(
        s + (str(n) if (n := letters.count(s)) > 1 else "") for s in dict.fromkeys(letters)
    )
    mixed = len(set(letters)) > 1
    shape = isomer(atoms_of(folder, f"site/{metal}/{letters}"), letters) if mixed else ""
    centre = "vac" if metal == "none" else metal
    return str(Site.parse(f"{centre}-{counts}{shape}@graphene"))


def dispersion(folder: Path) -> dict[str, float]:
    """Read the D3 share of the binding energies, by task."""
    path = next((p for p in (folder / "d3.txt", folder.parent / "d3.txt") if p.exists()), None)
    lines = path.read_text().splitlines() if path else []
    found = (re.match(r"(\S+)\s+D3 in Eb_atom\s+(-?\d+\.\d+)", line) for line in lines)
    return {m[1]: float(m[2]) for m in found if m}


def level(task: dict) -> str:
    """Name the level of theory as it stands in the records."""
    return f"{task['code'].split()[0]}-PW{task['ecut']}/{task['xc']}"


def number(value: object, digits: int = 6) -> str:
    """Write a number with a fixed number of decimals; None stays empty."""
    return "" if value is None else f"{float(value):.{digits}f}"  # type: ignore[arg-type]


def binding_rows(tasks: dict[str, dict], sites: dict[str, str], d3: dict[str, float]) -> list[dict]:
    """Compute the binding energies and mark the lowest start of each (site, alkali)."""
    rows = []
    for key, task in tasks.items():
        if task["kind"] != "ads" or task["status"] != "ok":
            continue
        alkali, site_key = task["alkali"], f"site/{task['metal']}/{task['coord']}"
        needed = (site_key, f"atom/{alkali}", f"bulk/{alkali}")
        lacking = [k for k in needed if tasks.get(k, {}).get("status") != "ok"]
        if lacking:
            print(f"{key}: left out, {', '.join(lacking)} is not there", file=sys.stderr)
            continue
        site, atom, bulk = (tasks[k] for k in needed)
        rest = task["E"] - site["E"]
        start = "/".join(key.split("/")[4:])
        notes = []
        if "N" in task["coord"] and task["coord"] == "gN":
            notes.append("one graphitic N in 32 atoms; the notation names the host only")
        if task.get("width") != 0.1 or site.get("width") != 0.1:
            notes.append("wider smearing after failed convergence")
        rows.append({
            "record_id": key, "site": sites[site_key], "alkali": alkali, "start": start,
            "e_atom": rest - atom["E"], "e_bulk": rest - bulk["E"], "d3": d3.get(key),
            "level_of_theory": level(task), "fidelity": "dft_own", "role": "model",
            "source_group": GROUP, "citation": CITATION, "year": "2026", "confidence": "high",
            "metal": "" if task["metal"] == "none" else task["metal"],
            "coordination_letters": task["coord"],
            "site_moment_muB": number(site["M"], 5), "site_alkali_moment_muB": number(task["M"], 5),
            "metal_alkali_distance_A": number(task.get("d_MA"), 5),
            "alkali_height_A": number(task.get("h_alk"), 5),
            "metal_height_A": number(task.get("h_metal"), 5),
            "largest_bond_change_A": number(task.get("dbond_max"), 5),
            "geometry_converged": task["geo_conv"], "site_geometry_converged": site["geo_conv"],
            "fmax_gamma_eV_A": number(task["fmax_gamma"], 5),
            "fmax_k_eV_A": number(task["fmax_k"], 5), "smearing_width_eV": task.get("width"),
            "seconds": number(task["t_total"], 1), "notes": "; ".join(notes),
        })  # fmt: skip
    groups: dict[tuple[str, str], list[dict]] = {}
    for row in rows:
        groups.setdefault((row["site"], row["alkali"]), []).append(row)
    for (_, alkali), group in groups.items():
        bare = groups.get(("@graphene", alkali))
        for row in group:
            row["lowest_of_starts"] = row is min(group, key=lambda r: r["e_atom"])
            row["starts_tried"] = len(group)
            if bare:
                relative = row["e_atom"] - min(r["e_atom"] for r in bare)
                row["relative_to_graphene_eV"] = number(relative, 5)
            row["binding_energy_atom_eV"] = number(row["e_atom"], 5)
            row["binding_energy_bulk_eV"] = number(row["e_bulk"], 5)
            row["d3_share_atom_eV"] = number(row["d3"], 3)
    order = {a: i for i, a in enumerate(ALKALI)}
    rows.sort(key=lambda r: (order[r["alkali"]], r["site"], r["e_atom"]))
    return rows


def calculation_rows(tasks: dict[str, dict], sites: dict[str, str]) -> list[dict]:
    """Write one row per calculation, whatever became of it."""
    rows = []
    for key, t in tasks.items():
        kpoints = {"atom": "1x1x1", "bulk": "10x10x10"}.get(t["kind"], "2x2x1")
        if t["kind"] == "sp":
            k = t["opts"].get("k", "2")
            kpoints = f"{k}x{k}x1" + (" (Gamma-centred)" if "gc" in t["opts"] else "")
        if t["kind"] == "cell":
            kpoints = f"{key.split('/')[2]}x{key.split('/')[2]}x1 (Gamma-centred)"
        source = "site/" + "/".join(key.split("/")[1:3])
        rows.append({
            "key": key, "kind": t["kind"], "status": t["status"], "reason": t.get("why", ""),
            "site": sites.get(source, "") if t["kind"] in ("ads", "site") else "",
            "metal": "" if t.get("metal") in (None, "none") else t["metal"],
            "coordination_letters": t.get("coord") or "", "alkali": t.get("alkali") or "",
            "start": t.get("start") or "", "cell": t.get("cell") or "",
            "energy_eV": number(t.get("E")), "free_energy_eV": number(t.get("Efree")),
            "moment_muB": number(t.get("M")), "fmax_gamma_eV_A": number(t.get("fmax_gamma")),
            "fmax_k_eV_A": number(t.get("fmax_k")), "geometry_converged": t.get("geo_conv", ""),
            "steps": t.get("steps", ""), "smearing_width_eV": t.get("width", ""),
            "mixer_beta": t.get("beta", ""), "cutoff_eV": t.get("ecut", ""),
            "functional": t.get("xc", ""), "code": t.get("code", ""), "setups": t.get("data", ""),
            "kpoints": kpoints, "metal_height_A": number(t.get("h_metal")),
            "alkali_height_A": number(t.get("h_alk")),
            "metal_alkali_distance_A": number(t.get("d_MA")),
            "metal_alkali_lateral_A": number(t.get("d_MA_xy")),
            "largest_bond_change_A": number(t.get("dbond_max")),
            "largest_metal_bond_change_A": number(t.get("dbond_MX")),
            "metal_ligand_distances_A": " ".join(f"{d:.5f}" for d in t.get("d_MX", [])),
            "lattice_constant_A": number(t.get("a")), "seconds": number(t.get("t_total"), 1),
        })  # fmt: skip
    return rows


def stability_rows(tasks: dict[str, dict], sites: dict[str, str]) -> list[dict]:
    """Compute how strongly the metal is held, where empty site and metal atom are computed.

    Against the isolated atom: an experimental cohesive energy never meets a computed one, and bulk
    metals are not computed with this protocol yet.
    """
    rows = []
    for key, site in tasks.items():
        if site["kind"] != "site" or site["status"] != "ok" or site["metal"] == "none":
            continue
        empty, atom = f"site/none/{site['coord']}", f"atom/{site['metal']}"
        if not all(tasks.get(k, {}).get("status") == "ok" for k in (empty, atom)):
            continue
        held = site["E"] - tasks[empty]["E"] - tasks[atom]["E"]
        rows.append({
            "site": sites[key], "metal": site["metal"],
            "binding_energy_to_empty_site_eV": number(held, 4),
            "site_key": key, "empty_site_key": empty, "atom_key": atom,
            "level_of_theory": level(site),
        })  # fmt: skip
    return rows


def structures(folder: Path, tasks: dict[str, dict], sites: dict[str, str]) -> list[Atoms]:
    """Collect the final geometries with forces and moments at the 2x2 k-mesh."""
    frames = []
    for key, task in tasks.items():
        if task["kind"] not in ("site", "ads") or task["status"] != "ok":
            continue
        atoms = atoms_of(folder, key)
        site_key = f"site/{task['metal']}/{task['coord']}"
        atoms.info = {
            "key": key, "kind": task["kind"], "site": sites[site_key],
            "coordination_letters": task["coord"], "metal_index": centre_index(atoms),
            "energy_eV": task["E"], "moment_muB": task["M"], "fmax_k_eV_A": task["fmax_k"],
            "geometry_converged": task["geo_conv"],
        }  # fmt: skip
        if task["kind"] == "ads":
            atoms.info |= {"alkali": task["alkali"], "start": "/".join(key.split("/")[4:])}
        atoms.calc = None
        frames.append(atoms)
    return frames


def save(path: Path, columns: tuple[str, ...], rows: list[dict]) -> None:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def build(campaign: Path, out: Path) -> dict[str, int]:
    """Write every table; returns the number of rows of each."""
    folder = campaign / "results" if (campaign / "results").is_dir() else campaign
    tasks = load(folder)
    if not tasks:
        raise SystemExit(f"{folder} holds no results (*.json)")
    ok = {k: t for k, t in tasks.items() if t["kind"] == "site" and t["status"] == "ok"}
    sites = {k: notation(folder, t) for k, t in ok.items()}
    binding = binding_rows(tasks, sites, dispersion(folder))
    calculations = calculation_rows(tasks, sites)
    stability = stability_rows(tasks, sites)
    frames = structures(folder, tasks, sites)
    out.mkdir(parents=True, exist_ok=True)
    save(out / "binding.csv", BINDING, binding)
    save(out / "calculations.csv", CALCULATIONS, calculations)
    save(out / "stability.csv", STABILITY, stability)
    columns = ["symbols", "positions", "F", "m"]
    write(out / "structures.extxyz", frames, format="extxyz", columns=columns)
    pairs = {(r["site"], r["alkali"]) for r in binding}
    return {"binding": len(binding), "pairs": len(pairs), "calculations": len(calculations),
            "stability": len(stability), "structures": len(frames)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--campaign", type=Path, required=True, help="folder with the results")
    parser.add_argument("--cheap-engines", type=Path, help="comparison table to take over")
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args()
    print(build(given.campaign, given.out))
    if given.cheap_engines:
        target = given.out / "cheap_engines.csv"
        if not (target.exists() and target.samefile(given.cheap_engines)):
            shutil.copyfile(given.cheap_engines, target)
    if given.out.resolve() == HERE:
        update_card(HERE / "README.md", [read_bundled("dft")])


if __name__ == "__main__":
    main()
