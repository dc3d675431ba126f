"""The configuration of a study: TOML in, the resolved TOML out beside the results."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sacml.domain import ALKALI
from sacml.workflows.judged_config import ConfigError, JudgedConfig, SplitName

__all__ = ["ConfigError", "ProposalConfig", "SplitName", "StudyConfig"]


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


class StudyConfig(JudgedConfig):
    """What a study trains, how it is judged, and where it goes."""

    """`models` may become the screen surrogate, those and `refine` the refine surrogate; without
    `refine` there is none. `data` is a table of own labels, of which `level_of_theory` and
    `reference` say which binding energies are meant; without it the bundled records are used.
    """

    data: str | None = None
    level_of_theory: str | None = None
    reference: Literal["atom", "bulk", "ion", "unstated"] = "atom"
    models: tuple[str, ...] = (
        "constant",
        "same_metal_mean",
        "alkali_mean",
        "conditions_only",
        "ridge",
        "extra_trees",
    )
    refine: tuple[str, ...] = ()
    proposals: tuple[ProposalConfig, ...] = ()

    @property
    def compared(self) -> tuple[str, ...]:
        """All models that are compared, those of both roles."""
        return tuple(dict.fromkeys((*self.models, *self.refine)))

    def with_options(self, **given: Any) -> "StudyConfig":
        """Replace the settings that are given; None and empty ones stay as they are.

        Raises
        ------
        ConfigError
            As in `make`.
        """
        stated = {name: getattr(self, name) for name in self.model_fields_set}
        return self.make(stated | {n: v for n, v in given.items() if v not in (None, ())})
