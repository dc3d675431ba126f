"""Models of a user's structures on disk: arrays, ONNX, tensors and JSON; nothing is executed."""

import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sacml.domain.elements import table_digest
from sacml.errors import ModelFileError
from sacml.models.digests import read_listing, write_files
from sacml.models.gnn import NETWORK, WEIGHTS, require_packages

if TYPE_CHECKING:
    from sacml.models.gnn.samples import SampleGraph

SCHEMA = "sacml.samples/2"
FACTS, ARRAYS, GRAPH, DIGESTS = "model.json", "arrays.npz", "model.onnx", "model.sha256"
REMEDY = "train it again with `sacml train --structures`"


class StoredModel:
    """A fitted model as arrays and a graph.

    Parameters
    ----------
    facts
        What is known about the model; ``facts["members"]`` names what `arrays` holds, and
        ``facts["weights"]`` says how much each counts.
    arrays
        Name -> array, names begin with that of the member.
    graph
        ONNX graph of the trees, if there are any.
    networks
        Files of graph networks, if there are any, see `sacml.models.gnn.store`.
    """

    def __init__(
        self,
        facts: dict[str, Any],
        arrays: dict[str, NDArray[Any]],
        graph: bytes | None,
        networks: dict[str, bytes] | None = None,
    ) -> None:
        self.facts, self.arrays, self.graph = facts, arrays, graph
        self.networks = networks or {}
        self._predictor: Any = None

    @classmethod
    def of(cls, estimator: Any, facts: dict[str, Any]) -> "StoredModel":
        """Take what predicts out of a fitted estimator of `make_sample_model`."""
        from sacml.models.onnx_trees import split_columns, to_onnx, trees_of_forest

        arrays: dict[str, NDArray[Any]] = {}
        graph, members = None, []
        networks: dict[str, bytes] = {}
        for member in getattr(estimator, "members_", [estimator]):
            if hasattr(member, "forest_"):
                members.append("trees")
                trees = trees_of_forest(member.forest_)
                if split_columns(trees).size:
                    arrays["trees_columns"], graph = to_onnx(trees)
                arrays["trees_offsets"] = member.offsets_
            elif hasattr(member, "ensemble_"):
                from sacml.models.gnn.store import ensemble_files

                members.append("gnn")
                networks = ensemble_files(member.ensemble_, member.examples_)
            else:
                from sacml.models.samples.coregional import FITTED

                members.append("gp")
                for name in FITTED:
                    arrays[f"gp_{name}"] = np.asarray(getattr(member, f"{name}_"))
                for word, sets in (("block", member.blocks_), ("same", member.same)):
                    for i, columns in enumerate(sets):
                        arrays[f"gp_{word}{i:03d}"] = np.array(columns, dtype=np.int64)
        weights = list(getattr(estimator, "weights", None) or [1.0] * len(members))
        facts = {**facts, "members": members, "weights": weights}
        return cls(facts, arrays, graph, networks)

    @property
    def reads_graphs(self) -> bool:
        """Whether it predicts graphs rather than descriptors."""
        return bool(self.networks)

    def predict_graphs(self, graphs: "Sequence[SampleGraph]") -> NDArray[np.float64]:
        """Predict (n,) from graphs, see `sacml.models.gnn.samples`."""
        require_packages()
        from sacml.models.gnn.samples import predict_graphs
        from sacml.models.gnn.store import read_ensemble

        return predict_graphs(read_ensemble(self.networks)[0], graphs)

    def predict(self, X: NDArray[np.float64], category: int) -> NDArray[np.float64]:
        """Predict (n,) from the descriptors with the category in its column."""
        parts = [getattr(self, f"_{m}")(X, category) for m in self.facts["members"]]
        return np.asarray(np.average(parts, axis=0, weights=self.facts["weights"]))

    def _trees(self, X: NDArray[np.float64], category: int) -> NDArray[np.float64]:
        from sacml.models.samples.offsets import category_of, one_hots

        means = self.arrays["trees_offsets"]
        codes = category_of(X, category)
        codes = np.where(codes < len(means) - 1, codes, -1)
        if self.graph is None:  # nothing to split on: the means are all there is
            return means[codes]
        if self._predictor is None:
            from sacml.models.trees_predictor import TreesPredictor

            self._predictor = TreesPredictor(self.arrays["trees_columns"], self.graph)
        design = np.hstack([np.delete(X, category, 1), one_hots(codes, len(means) - 1)])
        read = design[:, self._predictor.columns].astype(np.float32)
        return means[codes] + self._predictor.predict(read)

    def _gp(self, X: NDArray[np.float64], category: int) -> NDArray[np.float64]:
        from sacml.models.samples.coregional import FITTED, CoregionalGP

        a = self.arrays
        blocks, same = ([a[k].tolist() for k in sorted(a) if k.startswith(f"gp_{word}")]
                        for word in ("block", "same"))  # fmt: skip
        fitted = {name: a[f"gp_{name}"] for name in FITTED}
        return np.asarray(CoregionalGP.stored(blocks, same, category, fitted).predict(X))

    def save(self, folder: str | Path) -> Path:
        """Write the model into a folder."""
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        content = io.BytesIO()
        np.savez(content, **self.arrays)  # type: ignore[arg-type]
        facts = {"schema": SCHEMA, "element_table_digest": table_digest(), **self.facts}
        text = json.dumps(facts, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
        files = {FACTS: text.encode(), ARRAYS: content.getvalue()}
        if self.graph is not None:
            files[GRAPH] = self.graph
        files |= self.networks
        for name in (GRAPH, NETWORK, WEIGHTS):
            (path / name).unlink(missing_ok=True)
        write_files(path, DIGESTS, files)
        return path

    @classmethod
    def load(cls, folder: str | Path) -> "StoredModel":
        """Read a model; refused when altered or made for another schema.

        Raises
        ------
        ModelFileError
            Naming the file and the remedy.
        """
        path = Path(folder)
        if not (path / DIGESTS).is_file():
            raise ModelFileError(f"{path} holds no model of structures: {DIGESTS} is missing")
        files = {}
        for name, digest in read_listing(path / DIGESTS).items():
            if name not in (FACTS, ARRAYS, GRAPH, NETWORK, WEIGHTS) or not (path / name).is_file():
                raise ModelFileError(f"{path / name} is missing or unknown; {REMEDY}")
            files[name] = (path / name).read_bytes()
            if hashlib.sha256(files[name]).hexdigest() != digest:
                raise ModelFileError(f"{path / name} was altered; {REMEDY}")
        try:
            facts = json.loads(files[FACTS])
            with np.load(io.BytesIO(files[ARRAYS]), allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            found = (facts["schema"], facts["element_table_digest"])
        except (ValueError, KeyError, OSError) as error:
            raise ModelFileError(f"{path} cannot be read: {error}; {REMEDY}") from None
        if found != (SCHEMA, table_digest()):
            raise ModelFileError(
                f"{path} was made for schema {found[0]} or another element table; this sacml has "
                f"{SCHEMA}; {REMEDY}"
            )
        networks = {name: files[name] for name in (NETWORK, WEIGHTS) if name in files}
        return cls(facts, arrays, files.get(GRAPH), networks)
