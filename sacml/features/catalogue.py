"""The list of all features, in column order, and the digest that a stored model carries."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from sacml.domain.elements import table_digest
from sacml.features import (
    alkali,
    anchoring,
    conditions,
    host,
    metal,
    modifier,
    pair,
    shell,
    surroundings,
)
from sacml.features.feature import Feature

if TYPE_CHECKING:
    import pandas as pd

FEATURES: tuple[Feature, ...] = (
    *metal.FEATURES,
    *shell.FEATURES,
    *surroundings.FEATURES,
    *anchoring.FEATURES,
    *host.FEATURES,
    *alkali.FEATURES,
    *conditions.FEATURES,
    *modifier.FEATURES,
    *pair.FEATURES,
)
"""All features, in the order of the columns of `describe`."""

FEATURE_NAMES: tuple[str, ...] = tuple(f.name for f in FEATURES)


def schema_digest(features: Sequence[Feature] = FEATURES, elements: str | None = None) -> str:
    """Sha256 over the definitions of all features and the element table they are computed from.

    Parameters
    ----------
    features
        Features in column order.
    elements
        Digest of the element table; the bundled one by default.
    """
    content = {"features": [asdict(f) for f in features], "elements": elements or table_digest()}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def feature_table() -> "pd.DataFrame":
    """One row per feature: name, unit, group, kind, definition, source."""
    import pandas as pd

    return pd.DataFrame([asdict(f) for f in FEATURES])
