"""What a campaign computes, as a TOML file says it, and variants of it."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from sacml._resources import dataset_path
from sacml.domain import ALKALI, METALS, Candidate, Site
from sacml.errors import SacmlError, unknown
from sacml.workflows.candidate_files import read_candidates
from sacml.workflows.config import ConfigError

if TYPE_CHECKING:
    from ase import Atoms
    from pydantic_core import ErrorDetails

BASE = "base"
"""Name of a campaign that has variants, without any of them."""
BUNDLED = "bundled"
"""``begin_from`` of the structures of datasets/dft."""
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$"


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
        CSV files with a column ``site`` (and ``alkali``), such as those of `sacml propose`;
        paths from the configuration's folder.
    top
        Rows of each file that are taken, from its first; None takes all.
    metals
        Metals whose bulk and isolated atom are computed beside the candidates.
    places, moments
        Starts of the alkali, and starting moments of the centre beside the table's (None: those of
        `sacml.labels.spins` where the engine is a DFT code; an empty list: none): one list for
        all sites, or a list for each metal, the builder's for others. See `binding_tasks`.
    table_moments
        Whether the table's moments are started from; without them only `moments` are.
    stability, relative
        Whether the stability of the metal and the binding on graphene are computed.
    loadings
        Numbers of alkali atoms that are put on each site together, e.g. 2 and 3.
    one_by_one
        Whether a candidate is completed before the next one is begun; otherwise all bare sites
        come first.
    begin_from
        Finished structures that sites and starts begin from instead of the builder's: `BUNDLED`
        for datasets/dft/structures.extxyz, or a file in its format.
    max_tries
        Most runs of one task.
    python
        Python that has GPAW or the calculator's package; None looks for one.
    protocol
        Settings by name, with ``preset`` for what to start from.
    variants
        Other settings for the same candidates, each in a folder of its own: by name what it
        changes, of the fields above; ``protocol`` is changed setting by setting.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("campaign", pattern=NAME)
    candidates: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    alkali: tuple[str, ...] = ()
    top: int | None = Field(None, ge=1)
    places: tuple[str, ...] | dict[str, tuple[str, ...]] | None = None
    metals: tuple[str, ...] = ()
    moments: tuple[float, ...] | dict[str, tuple[float, ...]] | None = None
    table_moments: bool = True
    stability: bool = False
    relative: bool = True
    loadings: tuple[Annotated[int, Field(ge=2, le=6)], ...] = ()
    one_by_one: bool = False
    begin_from: str | None = None
    max_tries: int = Field(3, ge=1, le=10)
    python: str | None = None
    limits: LimitsConfig = LimitsConfig()
    protocol: dict[str, Any] = Field(default_factory=dict)
    variants: dict[str, dict[str, Any]] = Field(default_factory=dict)

    @field_validator("alkali")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [a for a in value if a not in ALKALI]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} given; allowed: {', '.join(ALKALI)}")
        return value

    @field_validator("metals", "moments", "places")
    @classmethod
    def _metals(cls, value: Any, info: ValidationInfo) -> Any:
        listed = info.field_name == "metals"
        named = value if isinstance(value, Mapping) or listed else ()
        wrong = [m for m in named if m not in METALS]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} given; allowed: {', '.join(METALS)}")
        return value

    @model_validator(mode="after")
    def _variants(self) -> Self:
        for name in self.variants:
            if name == BASE or not re.fullmatch(NAME, name):
                raise ValueError(
                    f"variant {name!r}: take another name, of letters, digits, '_', '.' and '-'; "
                    f"{BASE!r} is the campaign without any"
                )
            self.variant(name)
        return self

    def variant(self, name: str) -> "CampaignConfig":
        """Return the campaign with what a variant changes; `BASE` changes nothing.

        Raises
        ------
        ConfigError
            If the variant is not there.
        ValueError
            If it changes what it may not.
        """
        values = self.model_dump(exclude={"variants"}, exclude_unset=True)
        if name == BASE:
            return CampaignConfig.model_validate(values)
        if name not in self.variants:
            raise ConfigError(f"no variant {name!r}; variants: {', '.join(self.names)}")
        change = self.variants[name]
        wrong = sorted(set(change) - (set(CampaignConfig.model_fields) - {"variants", "name"}))
        if wrong:
            raise ValueError(f"variant {name!r} cannot change {', '.join(wrong)}")
        if not isinstance(changed := change.get("protocol", {}), Mapping):
            raise ValueError(f"variant {name!r}: protocol = {changed!r}; give settings by name")
        protocol = {**self.protocol, **changed}
        return CampaignConfig.model_validate(values | change | {"protocol": protocol})

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the variants, `BASE` first; empty where there are none."""
        return (BASE, *self.variants) if self.variants else ()

    def places_of(self, site: Site) -> tuple[str, ...] | None:
        """Places of the alkali on a site, None for the builder's."""
        if isinstance(self.places, Mapping):
            return next((self.places[m] for m in site.metals if m in self.places), None)
        return self.places

    def moments_of(self, site: Site) -> tuple[float | None, ...]:
        """Starting moments of a site, None for the table's."""
        from sacml.labels.settings import ProtocolSettings
        from sacml.labels.spins import second_moments

        given = self.moments
        if given is None:
            cheap = ProtocolSettings.from_table(self.protocol).uses_ase
            given = () if cheap else second_moments(site)
        if isinstance(given, Mapping):
            given = tuple(dict.fromkeys(m for metal in site.metals for m in given.get(metal, ())))
        return (*([None] if self.table_moments or not given else []), *given)

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
            lines = [_told(problem) for problem in error.errors()]
            said = "\n  ".join([f"{path}: {len(lines)} wrong settings", *lines])
            raise ConfigError(said) from None

    def read_relaxed(self, beside: Path) -> "Mapping[str, Atoms] | None":
        """Return the structures to begin from, by key; None where the builder's are taken."""
        from sacml.labels.relaxed_starts import read_relaxed

        if self.begin_from is None:
            return None
        bundled = dataset_path("dft", "structures.extxyz")
        return read_relaxed(bundled if self.begin_from == BUNDLED else beside / self.begin_from)

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
            try:
                for alkali in self.alkali or (None,):
                    found += read_candidates(beside / name, alkali)[: self.top]
            except SacmlError as error:
                problems.append(str(error))
        if problems:
            raise ConfigError("\n  ".join(["candidates that cannot be used:", *problems]))
        if not found and not self.metals:
            raise ConfigError("no candidates: give some in candidates = [...] or files = [...]")
        # conditions do not enter a binding energy
        return list({(c.site, c.alkali): Candidate(c.site, c.alkali) for c in found}.values())


def _told(problem: "ErrorDetails") -> str:
    """One line on a wrong setting: what it is, and what is allowed."""
    where = [str(part) for part in problem["loc"]]
    if problem["type"] == "extra_forbidden":
        allowed = LimitsConfig if where[0] == "limits" else CampaignConfig
        return str(unknown("setting", ".".join(where), list(allowed.model_fields)))
    said = problem["msg"].removeprefix("Value error, ")
    return f"{'.'.join(where)} = {problem['input']!r}: {said}" if where else said
