"""The configuration of a study: TOML in, the resolved TOML out beside the results."""

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sacml.domain import ALKALI, PRIMARY
from sacml.errors import SacmlError

SplitName = Literal[
    "leave_one_metal_out",
    "leave_one_source_out",
    "leave_one_host_out",
    "leave_one_alkali_out",
    "by_year",
    "random",
]


class ConfigError(SacmlError, ValueError):
    """A configuration file cannot be used as given."""


class ProposalConfig(BaseModel):
    """One request for proposals at the end of a study."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alkali: str
    top: int = Field(20, ge=1, le=10_000)
    exclude: tuple[str, ...] = ()
    max_price_usd_per_kg: float | None = Field(None, gt=0)

    @field_validator("alkali")
    @classmethod
    def _known_alkali(cls, value: str) -> str:
        if value not in ALKALI:
            raise ValueError(f"allowed: {', '.join(ALKALI)}")
        return value


class StudyConfig(BaseModel):
    """What a study trains, how it is judged, and where it goes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    """`models` may become the screen surrogate, those and `refine` the refine surrogate; without
    `refine` there is none. `data` is a table of own labels, of which `level_of_theory` and
    `reference` say which binding energies are meant; without it the bundled records are used.
    """

    name: str = Field("study", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$")
    seed: int = Field(0, ge=0)
    data: str | None = None
    level_of_theory: str | None = None
    reference: Literal["atom", "bulk", "ion", "unstated"] = "atom"
    targets: tuple[str, ...] = PRIMARY
    models: tuple[str, ...] = (
        "constant",
        "same_metal_mean",
        "alkali_mean",
        "conditions_only",
        "ridge",
        "extra_trees",
    )
    refine: tuple[str, ...] = ()
    trained_on: tuple[Literal["sac", "all"], ...] = ("sac", "all")
    splits: tuple[SplitName, ...] = ("leave_one_metal_out", "leave_one_source_out", "random")
    level: float = Field(0.9, gt=0, lt=1)
    min_sac_groups: int = Field(10, ge=2)
    proposals: tuple[ProposalConfig, ...] = ()

    @field_validator("targets")
    @classmethod
    def _known_targets(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [t for t in value if t not in PRIMARY]
        if wrong or not value:
            raise ValueError(f"{wrong or 'nothing'} given; allowed: {', '.join(PRIMARY)}")
        return value

    @field_validator("models", "refine")
    @classmethod
    def _known_models(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        from sacml.models import MODEL_NAMES

        wrong = [m for m in value if m not in MODEL_NAMES]
        if wrong:
            raise ValueError(f"{wrong} given; allowed: {', '.join(MODEL_NAMES)}")
        return value

    @field_validator("models")
    @classmethod
    def _with_constant(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "constant" not in value:
            raise ValueError("'constant' must be among the models: every score stands beside it")
        return value

    @property
    def compared(self) -> tuple[str, ...]:
        """All models that are compared, those of both roles."""
        return tuple(dict.fromkeys((*self.models, *self.refine)))

    @classmethod
    def read(cls, path: str | Path) -> "StudyConfig":
        """Read a TOML file.

        Raises
        ------
        ConfigError
            Naming the file, every wrong key with what was given, and what is allowed.
        """
        path = Path(path)
        try:
            raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ConfigError(f"there is no configuration file {str(path)!r}") from None
        except OSError as error:
            raise ConfigError(
                f"cannot read the configuration {str(path)!r}: {error.strerror}; give a TOML file"
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: not valid TOML: {error}") from None
        return cls.make(raw, str(path))

    @classmethod
    def make(cls, raw: dict[str, Any], source: str = "configuration") -> "StudyConfig":
        """Validate a mapping; all wrong keys are reported at once."""
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            lines = [
                f"  {'.'.join(map(str, e['loc'])) or 'study'} = {e.get('input')!r}: {e['msg']}"
                for e in error.errors()
            ]
            allowed = ", ".join(cls.model_fields)
            raise ConfigError(
                f"{source}: {len(lines)} wrong setting{'s' * (len(lines) != 1)}\n"
                + "\n".join(lines)
                + f"\n  settings: {allowed}"
            ) from None

    def with_options(self, **given: Any) -> "StudyConfig":
        """Replace the settings that are given; None and empty ones stay as they are.

        Raises
        ------
        ConfigError
            As in `make`.
        """
        stated = {name: getattr(self, name) for name in self.model_fields_set}
        return self.make(stated | {n: v for n, v in given.items() if v not in (None, ())})

    def write(self, path: Path) -> None:
        """Write the resolved configuration as TOML."""
        import tomlkit

        data = self.model_dump(mode="json", exclude_none=True)
        path.write_text(tomlkit.dumps(data), encoding="utf-8")
