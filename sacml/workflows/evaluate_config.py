"""The configuration of an evaluation at full depth: TOML in, the resolved TOML out."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sacml.domain import PRIMARY
from sacml.workflows.config import ConfigError

SplitName = Literal[
    "leave_one_metal_out",
    "leave_one_source_out",
    "leave_one_host_out",
    "leave_one_alkali_out",
    "by_year",
    "random",
]
SPLITS: tuple[SplitName, ...] = (
    "leave_one_metal_out",
    "leave_one_source_out",
    "leave_one_host_out",
    "leave_one_alkali_out",
    "by_year",
    "random",
)
SIMPLE = (
    "constant",
    "alkali_mean",
    "alkali_shell_mean",
    "same_metal_mean",
    "conditions_only",
    "ridge",
)
"""Models of the default depth: the baselines and the linear model."""


class EvaluationConfig(BaseModel):
    """What is evaluated and how deep.

    Attributes
    ----------
    seed, seeds
        Seed of everything, and further seeds of the random split and of models that draw random
        numbers.
    targets, models, trained_on, splits, level, min_sac_groups
        As in `sacml.evaluation.evaluate`.
    inner_folds
        Inner folds of the nested selection.
    studied
        Models of learning curves and y-scrambling, besides the winner of the release rule.
    orders, sizes
        Random orders and points of a learning curve.
    permutations
        Permutations of the y-scrambling.
    noise_floor_eV
        Standard deviation of a DFT label, where it was measured.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("evaluation", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$")
    seed: int = Field(0, ge=0)
    targets: tuple[str, ...] = PRIMARY
    models: tuple[str, ...] = SIMPLE
    trained_on: tuple[Literal["sac", "all"], ...] = ("sac", "all")
    splits: tuple[SplitName, ...] = SPLITS
    level: float = Field(0.9, gt=0, lt=1)
    min_sac_groups: int = Field(10, ge=2)
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = (1, 2, 3, 4)
    inner_folds: int = Field(5, ge=2)
    studied: tuple[str, ...] = ("conditions_only", "ridge")
    orders: int = Field(5, ge=1)
    sizes: int = Field(6, ge=3)
    permutations: int = Field(50, ge=1)
    noise_floor_eV: float | None = Field(None, ge=0)

    @field_validator("targets")
    @classmethod
    def _known_targets(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [t for t in value if t not in PRIMARY]
        if wrong or not value:
            raise ValueError(f"{wrong or 'nothing'} given; allowed: {', '.join(PRIMARY)}")
        return value

    @field_validator("models", "studied")
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
    def read(cls, path: str | Path) -> "EvaluationConfig":
        """Read a TOML file.

        Raises
        ------
        ConfigError
            Naming the file, every wrong key with what was given, and what is allowed.
        """
        try:
            raw: dict[str, Any] = tomllib.loads(Path(path).read_text(encoding="utf-8"))
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
    def make(cls, raw: dict[str, Any], source: str = "configuration") -> "EvaluationConfig":
        """Validate a mapping; all wrong keys are reported at once."""
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            lines = [
                f"  {'.'.join(map(str, e['loc']))} = {e.get('input')!r}: {e['msg']}"
                for e in error.errors()
            ]
            raise ConfigError(
                f"{source}: {len(lines)} wrong setting{'s' * (len(lines) != 1)}\n"
                + "\n".join(lines)
                + f"\n  settings: {', '.join(cls.model_fields)}"
            ) from None

    def write(self, path: Path) -> None:
        """Write the resolved configuration as TOML."""
        import tomlkit

        data = self.model_dump(mode="json", exclude_none=True)
        path.write_text(tomlkit.dumps(data), encoding="utf-8")
