"""What orbital single points say of the plane-wave labels, from the results stored so far."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from gate_tables import agreement, left_out

from sacml.labels import TaskResult
from sacml.labels.campaign import Campaign
from sacml.workflows.tables import markdown

COLUMNS = (
    "record_id", "site", "alkali", "metal", "geometry", "pw_eV", "lcao_eV", "change_eV",
    "site_moment_pw_muB", "site_moment_lcao_muB", "cpu_site_s", "cpu_start_s", "seconds_pw",
)  # fmt: skip
Row = dict[str, Any]


def energy_rows(out: Path, labels: Mapping[str, dict[str, str]]) -> Iterator[Row]:
    """One row for each pair with all three energies; plane waves beside orbitals, eV."""
    for geometry in ("dft", "chgnet"):
        if not (out / geometry / "settings.json").exists():
            continue
        with Campaign(out / geometry) as campaign:
            results = {k: r for k, r in campaign.results().items() if r.ok}
        for label in labels.values():
            site, alkali = label["site"], label["alkali"]
            keys = (
                (f"sp/{label['site_key']}", f"sp/{label['record_id']}")
                if geometry == "dft"
                else (f"site/{site}", f"ads/{site}/{alkali}/{label['start'].split('/')[0]}")
            )
            found = [results.get(k) for k in (*keys, f"atom/{alkali}")]
            if not all(found):
                continue
            bare, both, atom = (r for r in found if r is not None)
            energy = _energy(both) - _energy(bare) - _energy(atom)
            reference = float(label["binding_energy_atom_eV"])
            yield {
                "record_id": label["record_id"], "site": site, "alkali": alkali,
                "metal": label["metal"], "geometry": geometry, "pw_eV": f"{reference:.4f}",
                "lcao_eV": f"{energy:.4f}", "change_eV": f"{energy - reference:.4f}",
                "site_moment_pw_muB": label["site_moment_muB"],
                "site_moment_lcao_muB": f"{bare.moment_muB:.5f}",
                "cpu_site_s": bare.cpu_s or "", "cpu_start_s": both.cpu_s or "",
                "seconds_pw": label["seconds"],
            }  # fmt: skip


def _energy(result: TaskResult) -> float:
    assert result.energy_eV is not None, result.key
    return result.energy_eV


def summary(rows: list[Row]) -> str:
    """Agreement with plane waves, as it stands and through a line with the metal left out."""
    lines = []
    for geometry in dict.fromkeys(r["geometry"] for r in rows):
        mine = [r for r in rows if r["geometry"] == geometry]
        for name, some in [("all", mine), *(
            (a, [r for r in mine if r["alkali"] == a]) for a in ("Li", "Na", "K")
        )]:  # fmt: skip
            if not some:
                continue
            pw, lcao = (np.array([float(r[c]) for r in some]) for c in ("pw_eV", "lcao_eV"))
            mae, bias, r = agreement(pw, lcao)
            line, mean = left_out([x["metal"] for x in some], pw, lcao)
            judged = np.isfinite(line)
            far = int(np.abs(lcao - pw).argmax())
            lines.append((
                geometry, name, str(len(some)), f"{mae:.3f}", f"{bias:+.3f}",
                f"{np.abs(lcao - pw - (lcao - pw).mean()).mean():.3f}",
                f"{lcao[far] - pw[far]:+.3f} ({some[far]['site']}, {some[far]['alkali']})",
                "-" if np.isnan(r) else f"{r:.3f}",
                f"{line[judged].mean():.3f}" if judged.any() else "-",
                f"{mean[judged].mean():.3f}" if judged.any() else "-",
            ))  # fmt: skip
    header = ("geometry of", "alkali", "pairs", "MAE, eV", "bias, eV", "MAE about the bias, eV",
              "largest, eV", "r", "line, metals left out", "mean, metals left out")  # fmt: skip
    return markdown(header, lines)


def pairs_table(rows: list[Row]) -> str:
    """Every pair."""
    header = ("site", "alkali", "geometry of", "plane waves, eV", "LCAO, eV", "change, eV",
              "CPU s, site + start")  # fmt: skip
    lines = [
        (r["site"], r["alkali"], r["geometry"], f"{float(r['pw_eV']):.3f}",
         f"{float(r['lcao_eV']):.3f}", f"{float(r['change_eV']):+.3f}",
         " + ".join(f"{r[c]:.0f}" if r[c] else "?" for c in ("cpu_site_s", "cpu_start_s")))
        for r in rows
    ]  # fmt: skip
    return markdown(header, lines)


def times(rows: list[Row]) -> str:
    """Processor time of a single point beside the time of a whole label by plane waves."""
    cpu = [float(r[c]) for r in rows for c in ("cpu_site_s", "cpu_start_s") if r[c] != ""]
    whole = [float(r["seconds_pw"]) for r in rows if r["seconds_pw"]]
    if not cpu or not whole:
        return "Times: not yet measured."
    return (
        f"A single point with forces and charges takes {np.mean(cpu):.0f} s of processor time "
        f"({min(cpu):.0f} to {max(cpu):.0f}, {len(cpu)} of them); the plane-wave start of the same "
        f"pairs, relaxed, took {np.mean(whole):.0f} s."
    )


def write_tables(out: Path, labels: Mapping[str, dict[str, str]], folder: Path) -> str:
    """Write lcao.csv and lcao.md from what is computed; returns the text."""
    rows = list(energy_rows(out, labels))
    if not rows:
        return "no pair is complete yet"
    with (folder / "lcao.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    text = "\n\n".join((
        "# Orbital single points beside plane-wave labels",
        "Written by `python experiments/lcao.py`. LCAO dzp, PBE, grid 0.2 A, 2x2 k-points; "
        "energies against the isolated atom.",
        summary(rows), pairs_table(rows), times(rows), *counterpoise_text(out),
    ))  # fmt: skip
    (folder / "lcao.md").write_text(text + "\n", encoding="utf-8")
    return text


def counterpoise_text(out: Path) -> Iterator[str]:
    """Basis-set superposition, where it is computed."""
    path = out / "counterpoise" / "counterpoise.csv"
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    header = ("pair", "of the site, eV", "of the alkali, eV", "together, eV")
    lines = [(r["pair"], r["site_eV"], r["alkali_eV"], r["together_eV"]) for r in found]
    yield (
        "Basis-set superposition by counterpoise, at the geometry of the pair: how far each part "
        "falls when it is given the orbitals of the other.\n\n" + markdown(header, lines)
    )
