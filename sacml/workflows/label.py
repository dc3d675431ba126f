"""Run a campaign from a configuration: candidates in, labels out."""

import hashlib
import json
import tomllib
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sacml.domain import ALKALI, Candidate, Site
from sacml.errors import SacmlError
from sacml.labels.campaign import Campaign
from sacml.labels.engines import Limits
from sacml.labels.queue_files import write_atomic
from sacml.labels.settings import ProtocolSettings
from sacml.labels.status import CampaignStatus, status_of
from sacml.workflows.candidate_files import read_candidates
from sacml.workflows.config import ConfigError

if TYPE_CHECKING:
    from sacml.labels.table import Tables

RECORD = "campaign.json"
"""What was asked and what of it has no tasks, in the campaign's folder."""
PRACTICE_WARNING = (
    "labels of {engine} are for practice: on the bundled DFT labels cheap engines were wrong by "
    "0.3 to 0.9 eV, which is the whole spread between sites; they enter no released model"
)


class LimitsConfig(BaseModel):
    """Limits of one task; see `sacml.labels.Limits`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wall_s: float = Field(3000.0, gt=0)
    memory_MB: int | None = Field(None, ge=100)
    threads: int = Field(1, ge=1)
    niceness: int = Field(0, ge=0, le=19)


class CampaignConfig(BaseModel):
    """What a campaign computes.

    Attributes
    ----------
    candidates
        ``SITE;ALKALI``, or a site alone, which is taken with each of `alkali`.
    files
        CSV files with a column ``site`` (and ``alkali``), among them the output of
        `sacml propose`; beside the configuration unless the path is absolute.
    top
        Rows of each file that are taken, from its first; None takes all.
    places, moments
        Starts of the alkali and additional starting moments of the centre; see `binding_tasks`.
    stability, relative
        Whether the stability of the metal and the binding on graphene are computed.
    max_tries
        Most runs of one task.
    python
        Python that has GPAW or the calculator's package; None looks for one.
    protocol
        Settings by name, with ``preset`` for what to start from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("campaign", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$")
    candidates: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    alkali: tuple[str, ...] = ()
    top: int | None = Field(None, ge=1)
    places: tuple[str, ...] | None = None
    moments: tuple[float, ...] = ()
    stability: bool = False
    relative: bool = True
    max_tries: int = Field(3, ge=1, le=10)
    python: str | None = None
    limits: LimitsConfig = LimitsConfig()
    protocol: dict[str, Any] = Field(default_factory=dict)

    @field_validator("alkali")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [a for a in value if a not in ALKALI]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} given; allowed: {', '.join(ALKALI)}")
        return value

    @classmethod
    def read(cls, path: str | Path) -> "CampaignConfig":
        """Read a TOML file.

        Raises
        ------
        ConfigError
            With every wrong key, what was given and what is allowed.
        """
        path = Path(path)
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"cannot read {str(path)!r}: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: not valid TOML: {error}") from None
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            lines = [
                f"  {'.'.join(map(str, e['loc'])) or 'campaign'} = {e.get('input')!r}: {e['msg']}"
                for e in error.errors()
            ]
            raise ConfigError(
                "\n".join([f"{path}: {len(lines)} wrong settings", *lines])
                + f"\n  settings: {', '.join(cls.model_fields)}"
            ) from None

    def read_candidates(self, beside: Path) -> list[Candidate]:
        """Return the candidates, each once, in the order given; all bad ones are told at once."""
        found: list[Candidate] = []
        problems = []
        for text in self.candidates:
            try:
                if ";" in text:
                    found.append(Candidate.parse(text))
                    continue
                site = Site.parse(text)
            except SacmlError as error:
                problems.append(f"{text}: {error}")
                continue
            if not self.alkali:
                problems.append(f"{text}: no alkali; write {text};Li or set alkali = ['Li']")
            found += [Candidate(site, alkali) for alkali in self.alkali]
        for name in self.files:
            path = Path(name) if Path(name).is_absolute() else beside / name
            try:
                for alkali in self.alkali or (None,):
                    found += read_candidates(path, alkali)[: self.top]
            except SacmlError as error:
                problems.append(str(error))
        if problems:
            raise ConfigError("\n  ".join(["candidates that cannot be used:", *problems]))
        if not found:
            raise ConfigError("no candidates: give some in candidates = [...] or files = [...]")
        # conditions do not enter a binding energy
        return list({(c.site, c.alkali): Candidate(c.site, c.alkali) for c in found}.values())


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
    """

    status: CampaignStatus
    new: int
    refused: tuple[tuple[str, str], ...]
    warning: str


def run_campaign(
    config: str | Path | CampaignConfig,
    out: str | Path,
    workers: int = 1,
    *,
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
    settings = ProtocolSettings.from_table(given.protocol)
    candidates = given.read_candidates(beside)
    limits = Limits(**given.limits.model_dump())
    with Campaign(
        out, settings, limits=limits, python=given.python, max_tries=given.max_tries
    ) as campaign:
        new, refused = _queue(campaign, given, candidates)
        cheap = settings.engine if settings.engine.startswith("ase:") else ""
        warning = PRACTICE_WARNING.format(engine=cheap) if cheap else ""
        if not len(campaign.queue):
            raise ConfigError(
                "none of the candidates can be computed:\n  "
                + "\n  ".join(f"{c}: {why}" for c, why in refused)
            )
        if on_start is not None:
            on_start(CampaignRun(status_of(campaign.queue), new, refused, warning))
        status = campaign.run(workers, executor, stop_after, time_limit_s, on_status)
        return CampaignRun(status, new, refused, warning)


def _queue(
    campaign: Campaign, config: CampaignConfig, candidates: list[Candidate]
) -> tuple[int, tuple[tuple[str, str], ...]]:
    """Queue the candidates, unless these very ones have been queued before."""
    from sacml import __version__

    asked = {
        "candidates": [str(c) for c in candidates], "places": config.places,
        "moments": config.moments, "stability": config.stability, "relative": config.relative,
        "sacml": __version__,
    }  # fmt: skip
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    path = campaign.folder / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["asked_sha256"] == digest and len(campaign.queue):
            return 0, tuple((c, why) for c, why in record["refused"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # a new campaign, or a record that is only made anew
    moments = (None, *config.moments)
    new, refused = campaign.add_candidates(
        candidates, config.places, moments, config.stability, config.relative
    )
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


def campaign_tables(
    folder: str | Path, out: str | Path | None = None, d3: bool = False
) -> "Tables":
    """Make the tables of a campaign; written to `out` where it is given."""
    from sacml.labels.table import tables

    with Campaign(folder) as campaign:
        found = tables(campaign.queue, d3)
    if out is not None:
        found.write(out)
    return found


def stop_campaign(folder: str | Path) -> Path:
    """Ask every run on a folder to end after the tasks in hand."""
    with Campaign(folder) as campaign:
        return campaign.stop()
