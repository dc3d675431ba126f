"""Decision trees as one ONNX graph, built node by node from their arrays.

A tree ensemble node compares float32 columns with float32 thresholds. Trees are fitted on float32
columns, so a threshold rounded down to float32 sends every row the same way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """One tree of m nodes: ``X[feature] <= threshold`` goes left.

    Attributes
    ----------
    feature : (m,) int
        Column that is compared; -1 in a leaf.
    threshold : (m,) float64
    left, right : (m,) int
        Number of the next node.
    values : (m, t) float64
        What a leaf adds to each of the t outputs.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    values: NDArray[np.float64]


def split_columns(trees: Sequence[Tree]) -> NDArray[np.int64]:
    """Columns that some tree splits on, ascending."""
    return np.unique(np.concatenate([t.feature[t.feature >= 0] for t in trees])).astype(np.int64)


def to_onnx(trees: Sequence[Tree], level: float = 0.0) -> tuple[NDArray[np.int64], bytes]:
    """Write trees as a graph that sums their leaves.

    Parameters
    ----------
    level
        Added to the first output.

    Returns
    -------
    used : (k,) int
        Columns that some tree splits on, ascending; the graph takes these columns only.
    graph : bytes
        One float32 matrix (n, k) in, one float32 matrix (n, t) out.
    """
    from onnx import TensorProto, helper

    used, n_outputs = split_columns(trees), trees[0].values.shape[1]
    size = [len(t.feature) for t in trees]
    number = np.concatenate([np.arange(n) for n in size])
    feature, left, right = (
        np.concatenate([getattr(t, name) for t in trees]) for name in ("feature", "left", "right")
    )
    tree = np.repeat(np.arange(len(trees)), size)
    leaf = feature < 0
    threshold = _round_down(np.concatenate([t.threshold for t in trees]))
    values = np.concatenate([t.values for t in trees])[leaf].astype(np.float32)
    node = helper.make_node(
        "TreeEnsembleRegressor",
        inputs=["X"],
        outputs=["Y"],
        domain="ai.onnx.ml",
        n_targets=n_outputs,
        aggregate_function="SUM",
        post_transform="NONE",
        base_values=[level, *[0.0] * (n_outputs - 1)],
        nodes_treeids=tree.tolist(),
        nodes_nodeids=number.tolist(),
        nodes_featureids=np.where(leaf, 0, np.searchsorted(used, feature)).tolist(),
        nodes_values=np.where(leaf, np.float32(0), threshold).tolist(),
        nodes_modes=np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        nodes_truenodeids=np.where(leaf, 0, left).tolist(),
        nodes_falsenodeids=np.where(leaf, 0, right).tolist(),
        target_treeids=np.repeat(tree[leaf], n_outputs).tolist(),
        target_nodeids=np.repeat(number[leaf], n_outputs).tolist(),
        target_ids=np.tile(np.arange(n_outputs), int(leaf.sum())).tolist(),
        target_weights=values.reshape(-1).tolist(),
    )
    matrices = (("X", len(used)), ("Y", n_outputs))
    given, found = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width])
        for name, width in matrices
    )
    graph = helper.make_graph([node], "sacml", [given], [found])
    opsets = [helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    return used, model.SerializeToString(deterministic=True)


def _round_down(threshold: NDArray[np.float64]) -> NDArray[np.float32]:
    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)


def trees_of_forest(forest: Any) -> list[Tree]:
    """Trees of a scikit-learn forest: each adds its share of the mean and of the mean square.

    The mean square of a leaf is that of the training values in it, so that mean square minus
    squared mean is the variance between the trees plus that within their leaves.
    """
    share = 1.0 / len(forest.estimators_)
    trees = []
    for estimator in forest.estimators_:
        t = estimator.tree_
        mean = t.value[:, 0, 0]
        values = share * np.column_stack([mean, mean**2 + t.impurity])
        feature = np.where(t.children_left < 0, -1, t.feature)
        trees.append(Tree(feature, t.threshold, t.children_left, t.children_right, values))
    return trees


def trees_of_boosting(booster: Any) -> list[Tree]:
    """Trees of `sklearn.ensemble.HistGradientBoostingRegressor` without categories."""
    trees = []
    for (predictor,) in booster._predictors:  # scikit-learn gives no public view of them
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        trees.append(
            Tree(
                np.where(leaf, -1, nodes["feature_idx"]),
                np.where(leaf, 0.0, nodes["num_threshold"]),
                nodes["left"].astype(np.int64),
                nodes["right"].astype(np.int64),
                nodes["value"][:, None].astype(np.float64),
            )
        )
    return trees
