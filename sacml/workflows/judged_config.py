"""What the configurations of a study and of an evaluation share: TOML in, resolved TOML out."""

import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sacml.domain import PRIMARY
from sacml.errors import SacmlError

SplitName = Literal[
    "leave_one_metal_out",
    "leave_one_source_out",
    "leave_one_host_out",
    "leave_one_alkali_out",
    "by_year",
    "random",
]


NAME = r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$"
"""Names that may stand in paths and in the tracking store."""


class ConfigError(SacmlError, ValueError):
    """A configuration file cannot be used as given."""


class JudgedConfig(BaseModel):
    """Targets, models and folds: what is judged on what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("study", pattern=NAME)
    seed: int = Field(0, ge=0)
    targets: tuple[str, ...] = PRIMARY
    models: tuple[str, ...] = ("constant",)
    trained_on: tuple[Literal["sac", "all"], ...] = ("sac", "all")
    splits: tuple[SplitName, ...] = ("leave_one_metal_out", "leave_one_source_out", "random")
    level: float = Field(0.9, gt=0, lt=1)
    min_sac_groups: int = Field(10, ge=2)

    @field_validator("targets")
    @classmethod
    def _known_targets(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [t for t in value if t not in PRIMARY]
        if wrong or not value:
            raise ValueError(f"{wrong or 'nothing'} given; allowed: {', '.join(PRIMARY)}")
        return value

    @field_validator("models", "refine", "studied", "once", check_fields=False)
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

    @classmethod
    def read(cls, path: str | Path) -> Self:
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
    def make(cls, raw: dict[str, Any], source: str = "configuration") -> Self:
        """Validate a mapping; all wrong keys are reported at once."""
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            lines = [
                f"  {'.'.join(map(str, e['loc'])) or 'settings'} = {e.get('input')!r}: "
                + e["msg"].removeprefix("Value error, ")
                for e in error.errors()
            ]
            allowed = ", ".join(cls.model_fields)
            raise ConfigError(
                f"{source}: {len(lines)} wrong setting{'s' * (len(lines) != 1)}\n"
                + "\n".join(lines)
                + f"\n  settings: {allowed}"
            ) from None

    def write(self, path: Path) -> None:
        """Write the resolved configuration as TOML."""
        import tomlkit

        data = self.model_dump(mode="json", exclude_none=True)
        path.write_text(tomlkit.dumps(data), encoding="utf-8")
