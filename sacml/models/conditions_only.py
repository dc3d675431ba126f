"""The baseline that knows the test but not the material: conditions and alkali alone."""

from collections.abc import Sequence

from sacml.models.forests import ExtraTrees
from sacml.models.registry import columns_of, register


@register("conditions_only")
def _conditions_only(seed: int, feature_names: Sequence[str]) -> ExtraTrees:
    # larger leaves than the full model: a dozen columns, most of them yes or no
    return ExtraTrees(
        columns_of(feature_names, "cond_", "alkali_"),
        n_estimators=100,
        min_samples_leaf=3,
        max_features=1.0,
        random_state=seed,
    )
