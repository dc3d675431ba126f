"""Several alkali atoms on one site: their tasks and mean binding energies."""

import csv
from dataclasses import dataclass, fields
from typing import Any

from sacml._resources import dataset_path
from sacml.domain.candidates import check_alkali
from sacml.domain.sites import Site
from sacml.labels import signs
from sacml.labels.measures import bond_changes
from sacml.labels.protocol import PRIORITY, atom_key, bulk_key, site_key
from sacml.labels.results import Results
from sacml.labels.settings import ProtocolSettings
from sacml.labels.several import FACES
from sacml.labels.signs import Energy
from sacml.labels.task import Inputs, LabelError, Task


def loading_tasks(
    site: Site | str, alkali: str, count: int, settings: ProtocolSettings, priority: int = 0
) -> tuple[Task, ...]:
    """Tasks of `count` atoms on a site, one for each of `FACES`; they need the bare site.

    Raises
    ------
    LabelError
        If fewer than two atoms are asked for.
    """
    if count < 2:
        raise LabelError(f"{count} alkali atoms: give 2 or more; one is a binding energy")
    site = Site.parse(site) if isinstance(site, str) else site
    return tuple(
        Task(
            key=f"load/{site}/{check_alkali(alkali)}/{count}/{face}", kind="loading",
            inputs=Inputs(site=str(site), alkali=alkali, place=face, count=count),
            needs=(site_key(site),), settings_digest=settings.digest,
            priority=priority + PRIORITY["further_start"],
        )
        for face in FACES
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LoadingLabel:
    """Several alkali atoms on one site: the lowest of the starts; energies in eV per alkali atom.

    Attributes
    ----------
    mean_binding_atom_eV, mean_binding_bulk_eV
        ``[E(site + n A) - E(site)] / n - E(A)`` against the isolated atom and the bulk metal.
        Not to be set beside the binding energy of one atom as if it were one.
    largest_bond_change_A
        Over all bonds of the bare site.
    metal_alkali_distances_A
        Of each alkali atom from the nearest centre.
    """

    site: str
    alkali: str
    count: int
    key: str
    mean_binding_atom_eV: float
    mean_binding_bulk_eV: float | None
    largest_bond_change_A: float
    metal_alkali_distances_A: tuple[float, ...]
    starts: tuple[tuple[str, float], ...]
    geometry_converged: bool
    level_of_theory: str
    settings_digest: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values by column name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


COLUMNS = (
    "site", "alkali", "count", "mean_binding_atom_eV", "mean_binding_bulk_eV",
    "largest_bond_change_A", "metal_alkali_distances_A", "starts", "geometry_converged", "key",
    "level_of_theory", "settings_digest",
)  # fmt: skip
"""Of the bundled table ``dft/loadings.csv``."""


def bundled_loadings() -> tuple[LoadingLabel, ...]:
    """Read what `datasets/dft` holds of several alkali atoms on one site."""
    with dataset_path("dft", "loadings.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_read(row) for row in csv.DictReader(file))


def written(label: LoadingLabel) -> dict[str, str]:
    """Give a label as the texts of a row of the bundled table."""

    def text(value: object) -> str:
        if isinstance(value, float):
            return f"{value:.5f}"
        return "" if value is None else str(value)

    row = {name: text(value) for name, value in label.to_dict().items()}
    row["metal_alkali_distances_A"] = " ".join(map(text, label.metal_alkali_distances_A))
    row["starts"] = " ".join(f"{key.rpartition('/')[2]}={text(e)}" for key, e in label.starts)
    return {name: row[name] for name in COLUMNS}


def _read(row: dict[str, str]) -> LoadingLabel:
    stem = row["key"].rpartition("/")[0]
    starts = (word.split("=") for word in row["starts"].split())
    return LoadingLabel(
        row["site"], row["alkali"], int(row["count"]), row["key"],
        float(row["mean_binding_atom_eV"]),
        float(row["mean_binding_bulk_eV"]) if row["mean_binding_bulk_eV"] else None,
        float(row["largest_bond_change_A"]),
        tuple(map(float, row["metal_alkali_distances_A"].split())),
        tuple((f"{stem}/{place}", float(e)) for place, e in starts),
        row["geometry_converged"] == "True", row["level_of_theory"], row["settings_digest"],
    )  # fmt: skip


def loading_labels(there: Results) -> list[LoadingLabel]:
    """Every loading whose site and atom are computed, lowest start of each, by its key."""
    groups: dict[tuple[str, str, int], list[str]] = {}
    for key, result in there.by_key.items():
        if result.kind == "loading" and result.ok:
            _, site, alkali, count, _ = key.split("/", 4)
            groups.setdefault((site, alkali, int(count)), []).append(key)
    found = []
    for (site, alkali, count), keys in sorted(groups.items()):
        atom, bulk = there.energy(atom_key(alkali)), there.energy(bulk_key(alkali))
        # the starts grew from the site of the table's moment; the energy is the lowest site's
        if atom is None or not any(r.ok for r in there.sites.get(site, [])):
            continue
        bare = there.bare(site)
        ranked = sorted(
            (signs.mean_binding(Energy.of(there.by_key[k]), Energy.of(bare), atom, count), k)
            for k in keys
        )
        best = there.by_key[ranked[0][1]]
        final, empty = best.atoms(), bare.atoms()
        centre = [i for i, s in enumerate(empty.symbols) if s in Site.parse(site).metals]
        found.append(LoadingLabel(
            site, alkali, count, best.key, ranked[0][0],
            None if bulk is None else signs.mean_binding(
                Energy.of(best), Energy.of(bare), bulk, count),
            max(bond_changes(final[: len(empty)], empty).values(), default=0.0),
            tuple(float(min(final.get_distances(i, centre, mic=True)))
                  for i in range(len(empty), len(final)) if centre),
            tuple((k, e) for e, k in ranked), bool(best.geometry_converged),
            best.level_of_theory, best.settings_digest,
        ))  # fmt: skip
    return found
