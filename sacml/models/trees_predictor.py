"""A tree ensemble as an ONNX graph."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sacml.errors import ModelFileError
from sacml.models.arrays import check_columns


@dataclass(frozen=True, slots=True, eq=False)
class TreesPredictor:
    """A tree ensemble as one ONNX graph, run by onnxruntime on two threads.

    The first output is the prediction; a second one, of forests, is the mean square.
    """

    columns: NDArray[np.intp]
    onnx: bytes
    kind: ClassVar[str] = "trees"
    _session: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_columns(self.columns)
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(
                self.onnx, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises several types of its own
            raise ModelFileError(f"model.onnx cannot be read: {error}") from None
        inputs, outputs = session.get_inputs(), session.get_outputs()
        shape = [len(self.columns)]
        if len(inputs) != 1 or len(outputs) != 1 or list(inputs[0].shape[1:]) != shape:
            raise ModelFileError(
                f"model.onnx takes {[i.shape for i in inputs]}, expected one matrix of "
                f"{len(self.columns)} columns"
            )
        if outputs[0].shape[1:] not in ([1], [2]):
            raise ModelFileError(f"model.onnx gives {outputs[0].shape}, expected 1 or 2 columns")
        object.__setattr__(self, "_session", session)

    def predict(self, Z: NDArray[np.float32]) -> NDArray[np.float64]:
        """Run the graph."""
        return self._run(Z)[:, 0]

    @property
    def spread(self) -> Callable[[NDArray[np.float32]], NDArray[np.float64]] | None:
        """Standard deviation (n,) over trees and within their leaves; None for boosted trees."""
        return self._spread if self._session.get_outputs()[0].shape[1] == 2 else None

    def predict_with_spread(
        self, Z: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Prediction and spread (n,) of a forest from one run of the graph."""
        mean, square = self._run(Z).T
        return mean, np.sqrt(np.maximum(square - mean**2, 0.0))

    def _spread(self, Z: NDArray[np.float32]) -> NDArray[np.float64]:
        return self.predict_with_spread(Z)[1]

    def _run(self, Z: NDArray[np.float32]) -> NDArray[np.float64]:
        (given,), (out,) = self._session.get_inputs(), self._session.get_outputs()
        if not len(Z):
            return np.empty((0, out.shape[1]))
        (found,) = self._session.run(None, {given.name: np.ascontiguousarray(Z, np.float32)})
        return np.asarray(found, dtype=np.float64)
