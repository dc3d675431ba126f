"""The configuration of an evaluation at full depth: TOML in, the resolved TOML out."""

from typing import Annotated, get_args

from pydantic import Field, field_validator

from sacml.workflows.judged_config import NAME, JudgedConfig, SplitName

SPLITS: tuple[SplitName, ...] = get_args(SplitName)
SIMPLE = (
    "constant",
    "alkali_mean",
    "alkali_shell_mean",
    "same_metal_mean",
    "conditions_only",
    "ridge",
)
"""Models of the default depth: the baselines and the linear model."""


class EvaluationConfig(JudgedConfig):
    """What is evaluated and how deep.

    Attributes
    ----------
    seed, seeds
        Seed of everything, and further seeds of the random split and of models that draw random
        numbers.
    targets, models, trained_on, splits, level, min_sac_groups
        As in `sacml.evaluation.evaluate`.
    models_of
        Target -> models, where they differ from `models`.
    once
        Models that are scored under the deciding split with the main seed alone, besides their part
        in the nested selection: those whose own search makes every fit slow.
    inner_folds
        Inner folds of the nested selection.
    outer_blocks
        Outer folds that share one nested selection; None: each has its own. With 10 blocks of
        groups the models are compared on the rows outside a block, and what wins there is judged on
        the groups of the block: no selection sees the group that it is judged on.
    studied
        Models of learning curves and y-scrambling, besides the winner of the release rule.
    orders, sizes
        Random orders and points of a learning curve.
    permutations
        Permutations of the y-scrambling.
    noise_floor_eV
        Standard deviation of a DFT label, where it was measured.
    """

    name: str = Field("evaluation", pattern=NAME)
    models: tuple[str, ...] = SIMPLE
    splits: tuple[SplitName, ...] = SPLITS
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = (1, 2, 3, 4)
    models_of: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    once: tuple[str, ...] = ()
    inner_folds: int = Field(5, ge=2)
    outer_blocks: int | None = Field(None, ge=2)
    studied: tuple[str, ...] = ("conditions_only", "ridge")
    orders: int = Field(5, ge=1)
    sizes: int = Field(6, ge=3)
    permutations: int = Field(50, ge=1)
    noise_floor_eV: float | None = Field(None, ge=0)

    @field_validator("models_of")
    @classmethod
    def _known_models_of(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for target, models in value.items():
            cls._known_targets((target,))
            cls._with_constant(cls._known_models(models))
        return value

    def models_for(self, target: str) -> tuple[str, ...]:
        """Models of one target."""
        return self.models_of.get(target, self.models)
