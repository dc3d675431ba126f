"""The descriptors as a scikit-learn transformer that does not need scikit-learn."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.features.assemble import describe
from sacml.features.catalogue import FEATURE_NAMES, feature_table, schema_digest
from sacml.features.table import CandidateTable


class Descriptors:
    """Transform a `CandidateTable` into its descriptor matrix.

    It has no parameters and learns nothing, so it is fitted from the start. It follows the
    conventions of scikit-learn (`clone`, `Pipeline`, `get_feature_names_out`, `set_output`) as far
    as an input that is not an array allows.
    """

    n_features_out_ = len(FEATURE_NAMES)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters: there are none."""
        return {}

    def set_params(self, **params: Any) -> "Descriptors":
        """Set parameters; any name is refused, as there are none."""
        if params:
            raise ValueError(f"Descriptors has no parameters; given: {', '.join(params)}")
        return self

    def fit(self, table: CandidateTable, y: object = None) -> "Descriptors":
        """Learn nothing; check the kind of input."""
        _check(table)
        return self

    def transform(self, table: CandidateTable) -> Any:
        """Compute the descriptors, (n, n_features) float32; see `describe` for the errors.

        A DataFrame with the same columns after ``set_output(transform="pandas")``.
        """
        _check(table)
        X = describe(table)
        if getattr(self, "_sklearn_output_config", {}).get("transform") != "pandas":
            return X
        import pandas as pd

        return pd.DataFrame(X, columns=list(FEATURE_NAMES))

    def fit_transform(self, table: CandidateTable, y: object = None) -> Any:
        """Fit and transform."""
        return self.fit(table, y).transform(table)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Names of the columns."""
        return np.array(FEATURE_NAMES, dtype=object)

    def set_output(self, *, transform: str | None = None) -> "Descriptors":
        """Choose ``"default"`` (array) or ``"pandas"``; None leaves the choice as it is."""
        if transform is None:
            return self
        if transform not in ("default", "pandas"):
            raise ValueError(f"transform={transform!r}: allowed are 'default' and 'pandas'")
        self._sklearn_output_config = {"transform": transform}
        return self

    def feature_table(self) -> Any:
        """One row per feature: name, unit, group, kind, definition, source."""
        return feature_table()

    def schema_digest(self) -> str:
        """Sha256 over the definitions of all features and the element table."""
        return schema_digest()

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type="transformer",
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(preserves_dtype=[]),
            input_tags=InputTags(two_d_array=False),
            requires_fit=False,
            no_validation=True,
        )

    def __repr__(self) -> str:
        return "Descriptors()"


def _check(table: object) -> None:
    if not isinstance(table, CandidateTable):
        raise TypeError(
            f"Descriptors take a CandidateTable, not {type(table).__name__}; build one with "
            "CandidateTable.from_candidates"
        )
