"""The configuration of an evaluation at full depth: TOML in, the resolved TOML out."""

from typing import Annotated, get_args

from pydantic import Field

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

    name: str = Field("evaluation", pattern=NAME)
    models: tuple[str, ...] = SIMPLE
    splits: tuple[SplitName, ...] = SPLITS
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = (1, 2, 3, 4)
    inner_folds: int = Field(5, ge=2)
    studied: tuple[str, ...] = ("conditions_only", "ridge")
    orders: int = Field(5, ge=1)
    sizes: int = Field(6, ge=3)
    permutations: int = Field(50, ge=1)
    noise_floor_eV: float | None = Field(None, ge=0)
