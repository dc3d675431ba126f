"""Tree ensembles of scikit-learn as an ONNX graph."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def split_columns(forest: Any) -> NDArray[np.int64]:
    """Columns that some tree of the forest splits on, ascending."""
    split_on = [t.tree_.feature[t.tree_.feature >= 0] for t in forest.estimators_]
    return np.unique(np.concatenate(split_on)).astype(np.int64)


def to_onnx(forest: Any) -> tuple[NDArray[np.intp], bytes]:
    """Convert a fitted forest.

    Returns
    -------
    used : (k,) int
        Columns that some tree splits on, ascending; the graph takes these columns only.
    graph : bytes
        One float32 matrix (n, k) in, one float32 column out.
    """
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    used = split_columns(forest)
    kinds = [("X", FloatTensorType([None, forest.n_features_in_]))]
    model = convert_sklearn(forest, name="sacml", initial_types=kinds)
    # the graph may read fewer columns than the forest was shown: renumber what its nodes test
    (node,) = [n for n in model.graph.node if n.op_type.startswith("TreeEnsemble")]
    (ids,) = [a for a in node.attribute if a.name == "nodes_featureids"]
    number = np.zeros(forest.n_features_in_, dtype=np.int64)
    number[used] = np.arange(len(used))
    ids.ints[:] = number[np.array(ids.ints, dtype=np.int64)].tolist()
    width = model.graph.input[0].type.tensor_type.shape.dim[1]
    width.dim_value = len(used)
    model.producer_version = ""
    return used, model.SerializeToString(deterministic=True)
