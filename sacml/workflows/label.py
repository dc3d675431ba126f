"""Run a campaign from a configuration: candidates in, labels out."""

import csv
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml._resources import dataset_path
from sacml.data.cheap_engines import practice_warning
from sacml.domain import Candidate
from sacml.labels.campaign import Campaign
from sacml.labels.engines import Limits
from sacml.labels.protocol import metal_tasks
from sacml.labels.queue_files import write_atomic
from sacml.labels.queue_settings import FILE as SETTINGS_FILE
from sacml.labels.settings import ProtocolSettings
from sacml.labels.status import CampaignStatus, status_of
from sacml.workflows.config import ConfigError
from sacml.workflows.label_config import BASE, CampaignConfig

if TYPE_CHECKING:
    from sacml.labels.compare import Change
    from sacml.labels.table import Tables

RECORD = "campaign.json"
"""What was asked and what of it has no tasks, in the campaign's folder."""


@dataclass(frozen=True, slots=True)
class CampaignRun:
    """How a run ended.

    Attributes
    ----------
    new
        Tasks that the configuration added.
    refused
        ``(candidate, reason)`` of those that have no tasks.
    warning
        That the labels are for practice; empty for DFT.
    variant
        Which variant of the campaign; empty where it has none.
    """

    status: CampaignStatus
    new: int
    refused: tuple[tuple[str, str], ...]
    warning: str
    variant: str = ""


def run_campaign(
    config: str | Path | CampaignConfig,
    out: str | Path,
    workers: int = 1,
    *,
    variant: str | None = None,
    executor: Executor | None = None,
    stop_after: int | None = None,
    time_limit_s: float | None = None,
    on_status: Callable[[CampaignStatus], None] | None = None,
    on_start: Callable[[CampaignRun], None] | None = None,
) -> CampaignRun:
    """Begin a campaign or go on with it.

    Parameters
    ----------
    config
        Path of a TOML file, or the configuration; files in it lie beside it, or in the current
        folder.
    out
        Folder of the campaign; several runs may work on one.
    variant
        Name of a variant of the configuration, or `BASE`: its folder lies in `out`.
    on_start
        Called once the tasks are queued.

    Other parameters as in `Campaign.run`.

    Raises
    ------
    ConfigError
        If the configuration or its candidates cannot be used.
    SettingsDifferError
        If the folder was begun with other settings; each field is named.
    """
    beside = Path() if isinstance(config, CampaignConfig) else Path(config).parent
    given = config if isinstance(config, CampaignConfig) else CampaignConfig.read(config)
    if variant is not None:
        out, given = Path(out) / variant, given.variant(variant)
    settings = ProtocolSettings.from_table(given.protocol)
    candidates = given.read_candidates(beside)
    limits = Limits(**given.limits.model_dump())
    with Campaign(
        out, settings, limits=limits, python=given.python, max_tries=given.max_tries
    ) as campaign:
        new, refused = _queue(campaign, given, candidates, beside)
        warning = practice_warning(settings.level_of_theory) if settings.uses_ase else ""
        if not len(campaign.queue):
            raise ConfigError(
                "none of the candidates can be computed:\n  "
                + "\n  ".join(f"{c}: {why}" for c, why in refused)
            )
        if on_start is not None:
            on_start(CampaignRun(status_of(campaign.queue), new, refused, warning, variant or ""))
        status = campaign.run(workers, executor, stop_after, time_limit_s, on_status)
        return CampaignRun(status, new, refused, warning, variant or "")


def run_campaigns(
    config: str | Path,
    out: str | Path,
    workers: int = 1,
    *,
    variants: Sequence[str] | None = None,
    time_limit_s: float | None = None,
    **more: Any,
) -> list[CampaignRun]:
    """Run a campaign, or those of its variants that are named, one after the other.

    Parameters
    ----------
    variants
        Names, `BASE` among them; None takes all there are.
    more
        As in `run_campaign`.
    """
    given = CampaignConfig.read(config)
    unknown = [name for name in variants or () if name not in given.names]
    if unknown:
        raise ConfigError(
            f"no variant {', '.join(unknown)} in {config}; variants: "
            + (", ".join(given.names) or "none")
        )
    for name in given.names:  # before the first is computed for hours
        ProtocolSettings.from_table(given.variant(name).protocol)
    end = None if time_limit_s is None else time.monotonic() + time_limit_s
    found: list[CampaignRun] = []
    for variant in variants or given.names or (None,):
        left = None if end is None else end - time.monotonic()
        if found and (found[-1].status.stopping or (left is not None and left <= 0)):
            break  # asked to stop: a further variant is not begun
        found.append(run_campaign(config, out, workers, variant=variant, time_limit_s=left, **more))
    return found


def _queue(
    campaign: Campaign, config: CampaignConfig, candidates: list[Candidate], beside: Path
) -> tuple[int, tuple[tuple[str, str], ...]]:
    """Queue the candidates, unless these very ones have been queued before."""
    from sacml import __version__

    asked = {
        "candidates": [str(c) for c in candidates], "metals": config.metals,
        "places": config.places, "moments": config.moments, "table_moments": config.table_moments,
        "stability": config.stability, "relative": config.relative, "loadings": config.loadings,
        "one_by_one": config.one_by_one, "begin_from": config.begin_from, "sacml": __version__,
    }  # fmt: skip
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    path = campaign.folder / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["asked_sha256"] == digest and len(campaign.queue):
            return 0, tuple((c, why) for c, why in record["refused"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # a new campaign, or a record that is only made anew
    new, refused = campaign.add_candidates(
        candidates, config.places_of, config.moments_of, config.stability, config.relative,
        config.loadings, config.one_by_one, config.read_relaxed(beside),
    )  # fmt: skip
    new += campaign.add(metal_tasks(config.metals, campaign.settings))
    record = {
        "schema": "sacml.campaign/1", "name": config.name, "asked_sha256": digest, **asked,
        "refused": refused,
    }  # fmt: skip
    try:
        write_atomic(path, (json.dumps(record, indent=1) + "\n").encode(), campaign.folder / "tmp")
    except OSError as error:
        raise campaign.queue.cannot_write(path.name, error) from None
    return new, tuple(refused)


def campaign_status(folder: str | Path) -> CampaignStatus:
    """Look at a campaign's folder, while others work on it or not."""
    with Campaign(folder) as campaign:
        return campaign.status()


def campaign_tables(folder: str | Path, out: str | Path | None = None, d3: bool = True) -> "Tables":
    """Make the tables of a campaign; written to `out` where it is given."""
    from sacml.labels.table import tables

    with Campaign(folder) as campaign:
        found = tables(campaign.queue, d3)
    if out is not None:
        found.write(out)
    return found


def compare_variants(config: str | Path, out: str | Path) -> "list[Change]":
    """Set the variants of a campaign against its base and against the bundled labels.

    The bundled labels count where the base has the protocol's own settings.

    Raises
    ------
    ConfigError
        If the configuration has no variants.
    """
    from sacml.labels.compare import Variant, compare
    from sacml.labels.presets import preset

    given = CampaignConfig.read(config)
    if not given.variants:
        raise ConfigError(f"{config} has no variants, so there is nothing to compare")
    read = []
    for name in given.names:
        folder = Path(out) / name
        if not (folder / SETTINGS_FILE).exists():
            read.append(Variant(name, "", {}, {}))
            continue
        with Campaign(folder) as campaign:
            read.append(Variant.of(name, campaign.queue))
    candidates = given.read_candidates(Path(config).parent)
    pairs = [(str(s), c.alkali) for c in candidates for s in c.site.resolved()]
    settings = ProtocolSettings.from_table(given.variant(BASE).protocol)
    own = settings.digest == preset("pbe-pw340").digest
    return compare(pairs, read[0], read[1:], bundled_labels() if own else None, settings.digest)


def bundled_labels() -> dict[tuple[str, str], float]:
    """Label in eV against the atom of every (site, alkali) of datasets/dft, at our own settings."""
    with dataset_path("dft", "binding.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["site"], row["alkali"]): float(row["binding_energy_atom_eV"])
            for row in csv.DictReader(file)
            if row["lowest_of_starts"] == "True" and row["fidelity"] == "dft_own"
        }


def stop_campaign(folder: str | Path) -> Path:
    """Ask every run on a folder to end after the tasks in hand."""
    with Campaign(folder) as campaign:
        return campaign.stop()
