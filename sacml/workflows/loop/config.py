"""What a closed loop is asked for: TOML in, the resolved TOML out beside its results."""

import tomllib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, field_validator, model_validator

from sacml.domain import ALKALI
from sacml.labels.settings import INPUT_CODES, ProtocolSettings
from sacml.workflows.judged_config import NAME, ConfigError, JudgedConfig, SplitName
from sacml.workflows.label_config import CampaignConfig, LimitsConfig

if TYPE_CHECKING:
    from sacml.design import Objective

TARGET = "binding_energy"
"""What the engines label."""
CHANGEABLE = ("name", "budget", "limits", "max_tries", "python")
"""Settings that a loop may be taken up with in another state: they enter no label and no choice
that was made."""


class LoopConfig(JudgedConfig):
    """What a loop labels, with what, and how it chooses.

    Attributes
    ----------
    budget, batch
        Candidates that are asked for in all, and in one round.
    alkali
        Alkali metals, which take turns.
    space
        Design space as `sacml.design.Space` reads it, without the alkali metal: a table, or a TOML
        file beside the configuration.
    window
        Binding energies that are wanted, eV against the atom, by alkali metal; by default
        `sacml.design.binding_window`, which is of the released labels.
    strategy, learner
        How candidates are chosen and what model the choice rests on; see
        `sacml.design.acquisition.next_batch`.
    cost_aware
        Whether what a label teaches is compared per core-hour.
    models, trained_on, splits, level, seed
        What may become the frozen model that predicts before each label, and how it is judged; see
        `sacml.evaluation.evaluate`.
    data
        Own labels at the engine's level to begin with: a folder or CSV as `read_labels` takes it.
    hand_out
        Whether inputs are written and the results taken back later, instead of computing here.
    level_of_theory
        What results that come back do not write, as `sacml data import` takes it.
    places, moments, table_moments, stability, relative, max_tries, python, limits, protocol
        As in `CampaignConfig`.
    """

    name: str = Field("loop", pattern=NAME)
    targets: tuple[str, ...] = (TARGET,)
    models: tuple[str, ...] = (
        "constant", "alkali_mean", "same_metal_mean", "ridge", "extra_trees", "gaussian_process",
    )  # fmt: skip
    trained_on: tuple[Any, ...] = ("sac",)
    splits: tuple[SplitName, ...] = ("leave_one_metal_out",)
    budget: int = 8
    batch: int = 2
    alkali: tuple[str, ...] = ("Li",)
    space: dict[str, Any] = Field(default_factory=dict)
    window: dict[str, tuple[float, float]] = Field(default_factory=dict)
    strategy: str = "expected_improvement"
    learner: str = "gaussian_process"
    cost_aware: bool = False
    data: str | None = None
    hand_out: bool = False
    level_of_theory: str = ""
    places: tuple[str, ...] | None = None
    moments: tuple[float, ...] | dict[str, tuple[float, ...]] | None = None
    table_moments: bool = True
    stability: bool = False
    relative: bool = False
    max_tries: int = Field(3, ge=1, le=10)
    python: str | None = None
    limits: LimitsConfig = LimitsConfig()
    protocol: dict[str, Any] = Field(default_factory=dict)

    @field_validator("targets")
    @classmethod
    def _labelled(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value != (TARGET,):
            raise ValueError(f"engines label {TARGET} alone; leave `targets` out")
        return value

    @field_validator("budget", "batch")
    @classmethod
    def _some(cls, value: int) -> int:
        if value < 1:
            raise ValueError("no label would be made; give a whole number above 0")
        return value

    @field_validator("alkali")
    @classmethod
    def _known_alkali(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or any(a not in ALKALI for a in value):
            raise ValueError(f"give one or more of {', '.join(ALKALI)}")
        return tuple(dict.fromkeys(value))

    @field_validator("strategy")
    @classmethod
    def _known_strategy(cls, value: str) -> str:
        from sacml.design.acquisition.strategies import STRATEGIES

        # one window per alkali metal is one objective
        allowed = [s for s in STRATEGIES if s != "hypervolume"]
        if value not in allowed:
            raise ValueError(f"allowed: {', '.join(allowed)}")
        return value

    @field_validator("learner")
    @classmethod
    def _known_learner(cls, value: str) -> str:
        from sacml.design.acquisition.posteriors import MODELS

        if value not in MODELS:
            raise ValueError(f"allowed: {', '.join(MODELS)}")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        engine = str(self.protocol.get("engine", "gpaw"))
        if "alkali" in self.space:
            raise ValueError("the space names an alkali metal; give it as alkali = [...] instead")
        if self.hand_out and engine not in INPUT_CODES:
            raise ValueError(
                f"inputs to hand out are written for {', '.join(INPUT_CODES)}, not for {engine}, "
                "which runs here"
            )
        return self

    @cached_property
    def settings(self) -> ProtocolSettings:
        """Settings of the protocol."""
        return ProtocolSettings.from_table(self.protocol)

    @property
    def is_handed_out(self) -> bool:
        """Whether results come from outside: asked for, or no other way with this engine."""
        return self.hand_out or self.settings.engine in INPUT_CODES

    @cached_property
    def wanted(self) -> "dict[str, Objective]":
        """Alkali metal -> the window that is wanted."""
        from sacml.design import Objective, binding_window

        found = {}
        for alkali in self.alkali:
            base = binding_window(alkali)
            if (own := self.window.get(alkali)) is not None:
                stated = {"low": own[0], "high": own[1], "source": "given by the user"}
                base = Objective(**base.model_dump() | stated)
            found[alkali] = base
        return found

    @cached_property
    def campaign(self) -> CampaignConfig:
        """What a campaign of the same labels is told."""
        shared = set(CampaignConfig.model_fields) & set(type(self).model_fields)
        given = {n: getattr(self, n) for n in shared}
        return CampaignConfig(**given, candidates=("@graphene",))

    @classmethod
    def load(cls, path: str | Path | None = None, **given: Any) -> "LoopConfig":
        """Read a TOML file, if any, and replace what is given (None: as it stands).

        Parameters
        ----------
        given
            Settings by name; ``engine`` replaces the protocol's, ``space`` may be the path of a
            TOML file.

        Raises
        ------
        ConfigError
            As in `JudgedConfig.read`.
        """
        raw: dict[str, Any] = {}
        beside = Path()
        if path is not None:
            raw, beside = _toml(Path(path), "configuration"), Path(path).parent
        if isinstance(raw.get("space"), str):
            raw["space"] = _toml(beside / raw["space"], "design space")
        if isinstance(raw.get("data"), str):
            raw["data"] = str((beside / raw["data"]).resolve())
        given = {k: v for k, v in given.items() if v is not None}
        if (engine := given.pop("engine", None)) is not None:
            raw["protocol"] = {**raw.get("protocol", {}), "engine": engine}
        if isinstance(given.get("space"), str | Path):
            given["space"] = _toml(Path(given["space"]), "design space")
        config = cls.make(raw | given, str(path or "settings of the loop"))
        config.settings, config.wanted  # noqa: B018  (their errors belong here)
        return config

    def identity(self) -> dict[str, Any]:
        """Plain values of what may not change between one run of a loop and the next."""
        plain = self.model_dump(mode="json", exclude={*CHANGEABLE, "protocol"})
        return plain | {"protocol": self.settings.to_dict() | {"name": ""}}


def _toml(path: Path, what: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the {what} {str(path)!r}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
