"""From the results of a campaign to tables: labels, calculations, geometries.

Column names are those of ``datasets/dft`` where a column means the same, so that a campaign's
tables can be set beside the bundled ones; a binding energy is the lowest of its starts there and
here.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sacml.labels.binding import BindingLabel, binding_labels
from sacml.labels.dispersion import NOT_ASKED, dispersion, plus
from sacml.labels.loading import LoadingLabel, loading_labels
from sacml.labels.presets import preset
from sacml.labels.protocol import bulk_key, start_of
from sacml.labels.queue import Queue
from sacml.labels.queue_files import write_atomic
from sacml.labels.results import Results
from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import TaskResult

BINDING = (
    "record_id", "site", "alkali", "start", "site_key", "binding_energy_atom_eV",
    "binding_energy_bulk_eV", "relative_to_graphene_eV", "d3_share_atom_eV", "d3_share_bulk_eV",
    "binding_energy_atom_d3_eV", "binding_energy_bulk_d3_eV", "d3_status", "lowest_of_starts",
    "shell_kept", "starts_tried", "level_of_theory", "fidelity", "metal", "site_moment_muB",
    "site_alkali_moment_muB", "metal_alkali_distance_A", "metal_alkali_lateral_A",
    "alkali_height_A", "metal_height_A", "metal_height_change_A", "largest_bond_change_A",
    "largest_metal_bond_change_A", "alkali_charge_e", "metal_stability_eV", "metal_binding_atom_eV",
    "geometry_converged", "site_geometry_converged", "fmax_gamma_eV_A", "fmax_k_eV_A",
    "smearing_width_eV", "seconds", "settings_digest", "notes",
)  # fmt: skip
CALCULATIONS = (
    "key", "kind", "status", "failure", "reason", "energy_eV", "free_energy_eV", "moment_muB",
    "fmax_gamma_eV_A", "fmax_k_eV_A", "geometry_converged", "steps", "smearing_width_eV",
    "scf_try", "tries", "changed_settings", "lattice_constant_A", "prerelaxed", "level_of_theory",
    "settings_digest", "versions", "seconds", "notes",
)  # fmt: skip
PRACTICE = "practice"
"""Fidelity of labels of an engine that is no DFT: they train nothing that is released."""
OTHER_DFT = "dft_other_settings"
"""Fidelity of DFT with settings that are not the protocol's."""


@dataclass(frozen=True)
class Tables:
    """What a campaign has found so far.

    Attributes
    ----------
    labels
        Binding energies, the lowest of the starts of each (site, alkali).
    refused
        ``("SITE;ALKALI", reason)`` of those that have no label.
    starts
        One row for each start that has an energy; columns `BINDING`.
    calculations
        One row for each task that has been tried, whatever became of it; columns `CALCULATIONS`.
    loadings
        Mean binding energies of several alkali atoms on one site.
    """

    labels: tuple[BindingLabel, ...]
    refused: tuple[tuple[str, str], ...]
    starts: tuple[Mapping[str, Any], ...]
    calculations: tuple[Mapping[str, Any], ...]
    loadings: tuple[LoadingLabel, ...]
    results: Mapping[str, TaskResult]

    def write(self, folder: str | Path) -> list[Path]:
        """Write ``binding.csv``, ``calculations.csv``, ``structures.extxyz`` and ``refused.csv``.

        ``loadings.csv`` comes with them where there are any.

        Returns
        -------
        Paths of the files; each is whole or what it was before.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        geometries = "".join(_frame(r) for r in self.results.values() if r.geometry)
        refused = [{"candidate": c, "reason": why} for c, why in self.refused]
        files = {
            "binding.csv": _csv(BINDING, self.starts),
            "calculations.csv": _csv(CALCULATIONS, self.calculations),
            "refused.csv": _csv(("candidate", "reason"), refused),
            "structures.extxyz": geometries,
        }
        if self.loadings:
            rows = [label.to_dict() for label in self.loadings]
            files["loadings.csv"] = _csv(tuple(rows[0]), rows)
        for name, text in files.items():
            write_atomic(folder / name, text.encode(), folder)
        return [folder / name for name in files]


def tables(queue: Queue, d3: bool = True) -> Tables:
    """Make the tables of a campaign from what is stored.

    Parameters
    ----------
    d3
        Whether the D3 share is computed (package dftd3; where it is missing, the column
        ``d3_status`` says so).
    """
    results = {result.key: result for result in queue.results()}
    labels, refused = binding_labels(results, d3)
    starts = [row for label in labels for row in binding_rows(label, results, queue.settings)]
    return Tables(
        tuple(labels), tuple(refused), tuple(starts), tuple(calculation_rows(queue, results)),
        tuple(loading_labels(Results(results))), results,
    )  # fmt: skip


def binding_rows(
    label: BindingLabel, results: Mapping[str, TaskResult], settings: ProtocolSettings
) -> list[dict[str, Any]]:
    """Return a row for each start of a label; what only the lowest has is empty in the others."""
    values = label.to_dict() | _start(results[label.key])
    metals = label.site.partition("-")[0] if not label.site.startswith("@") else ""
    shared = {
        "site": label.site, "alkali": label.alkali, "site_key": label.site_key,
        "starts_tried": label.starts_tried,
        "level_of_theory": label.level_of_theory, "fidelity": fidelity(settings),
        "metal": "" if metals == "vac" else metals, "settings_digest": label.settings_digest,
        "site_moment_muB": label.site_moment_muB,
        "site_geometry_converged": label.site_geometry_converged,
        "metal_stability_eV": label.metal_stability_eV,
        "metal_binding_atom_eV": label.metal_binding_atom_eV,
    }  # fmt: skip
    rows = []
    for key, energy in label.starts:
        lowest, shift = key == label.key, energy - label.binding_energy_atom_eV
        own = values if lowest else _start(results[key]) | _dispersion(label, key, results)
        rows.append({
            **{column: own.get(column) for column in BINDING}, **shared, "record_id": key,
            "start": start_of(key), "lowest_of_starts": lowest,
            "shell_kept": key not in label.shell_lost,
            "binding_energy_atom_eV": energy,
            "binding_energy_bulk_eV": plus(label.binding_energy_bulk_eV, shift),
            "relative_to_graphene_eV": plus(label.relative_to_graphene_eV, shift),
            "notes": "; ".join((*label.flags, *results[key].notes) if lowest
                               else results[key].notes),
        })  # fmt: skip
    return rows


def calculation_rows(queue: Queue, results: Mapping[str, TaskResult]) -> Iterator[dict[str, Any]]:
    """Give a row for each task with a result or a failed try."""
    for entry in queue:
        failures = queue.failures(entry.key)
        header, result = queue.header(entry.key), results.get(entry.key)
        if header is None and not failures:
            continue
        last = header or failures[-1]
        row: dict[str, Any] = {
            "key": entry.key, "kind": entry.kind, "status": last["status"],
            "failure": last["failure"], "reason": last["reason"], "seconds": last["seconds"],
            "tries": len(failures) + (header is not None),
            "changed_settings": json.dumps(last["changed"]) if last["changed"] else "",
            "settings_digest": last["settings"],
        }  # fmt: skip
        if result is not None:
            row |= _start(result)
            row |= {
                "energy_eV": result.energy_eV, "free_energy_eV": result.free_energy_eV,
                "moment_muB": result.moment_muB, "steps": result.steps,
                "prerelaxed": json.dumps(result.prerelaxed) if result.prerelaxed else "",
                "scf_try": result.scf_try, "lattice_constant_A": result.lattice_A,
                "level_of_theory": result.level_of_theory, "notes": "; ".join(result.notes),
                "versions": "; ".join(f"{k} {v}" for k, v in sorted(result.versions.items())),
            }  # fmt: skip
        yield row


def fidelity(settings: ProtocolSettings) -> str:
    """``dft_own`` with the protocol's own settings, else `OTHER_DFT` or `PRACTICE`."""
    if settings.digest == preset("pbe-pw340").digest:
        return "dft_own"
    return PRACTICE if settings.uses_ase else OTHER_DFT


def _frame(result: TaskResult) -> str:
    """Geometry of a result with its key and energy in the comment line."""
    count, comment, rest = (result.geometry or "").split("\n", 2)
    return f'{count}\n{comment} key="{result.key}" energy_eV={result.energy_eV}\n{rest}'


def _start(result: TaskResult) -> dict[str, Any]:
    """Return what one start says of itself, under the column names."""
    return {
        "site_alkali_moment_muB": result.moment_muB,
        "geometry_converged": result.geometry_converged,
        "fmax_gamma_eV_A": result.relax_max_force_eV_A,
        "fmax_k_eV_A": result.max_force_eV_A,
        "smearing_width_eV": result.width_eV,
        "seconds": sum(result.timings_s.values()) if result.timings_s else None,
    }


def _dispersion(label: BindingLabel, key: str, results: Mapping[str, TaskResult]) -> dict[str, Any]:
    """D3 of a start that is not the lowest, where it was asked for."""
    if label.d3_status == NOT_ASKED:
        return {"d3_status": NOT_ASKED}
    bulk = results.get(bulk_key(label.alkali))
    share = dispersion(results[key], results[label.site_key], bulk)
    energy = dict(label.starts)[key]
    against_bulk = plus(label.binding_energy_bulk_eV, energy - label.binding_energy_atom_eV)
    return {
        "d3_share_atom_eV": share.atom_eV, "d3_share_bulk_eV": share.bulk_eV,
        "d3_status": share.status,
        "binding_energy_atom_d3_eV": plus(energy, share.atom_eV),
        "binding_energy_bulk_d3_eV": plus(against_bulk, share.bulk_eV),
    }  # fmt: skip


def write_rows(path: str | Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of equal columns as CSV; the file is whole or what it was before."""
    path = Path(path)
    text = _csv(tuple(rows[0]) if rows else (), rows)
    write_atomic(path, text.encode(), path.parent)


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({c: _cell(row.get(c)) for c in columns})
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.6f}"
    return "" if value is None else value
