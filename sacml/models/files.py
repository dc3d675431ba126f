"""A predictor as files: arrays in an npz without pickle and dates, an ONNX graph, or networks."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.errors import ModelFileError
from sacml.models.gnn import NETWORK, WEIGHTS, require_packages
from sacml.models.predictors import PREDICTORS, Predictor

ARRAYS, GRAPH = "arrays.npz", "model.onnx"
FILES = (ARRAYS, GRAPH, NETWORK, WEIGHTS)
"""Files that hold a predictor; a kind has some of them."""
GRAPHS = "graphs"
"""Kind of the graph networks, which are not among `PREDICTORS`: they import torch."""
MAX_BYTES = 5 * 1024 * 1024
"""Largest size of a file of a stored model."""


def predictor_files(predictor: Predictor) -> dict[str, bytes]:
    """Write a predictor as file name -> content; equal predictors give equal bytes."""
    if predictor.kind == GRAPHS:
        return predictor.files()  # type: ignore[attr-defined]
    arrays = {
        f.name: getattr(predictor, f.name)
        for f in fields(predictor)  # type: ignore[arg-type]
        if isinstance(getattr(predictor, f.name), np.ndarray)
    }
    files = {ARRAYS: pack(arrays)} if arrays else {}
    if predictor.kind == "trees":
        files[GRAPH] = predictor.onnx  # type: ignore[attr-defined]
    return files


def read_predictor(kind: str, files: Mapping[str, bytes]) -> Predictor:
    """Read what `predictor_files` wrote; every array is checked before use.

    Raises
    ------
    ModelFileError
        Naming the array or file that does not fit.
    """
    if kind == GRAPHS:
        require_packages()
        from sacml.models.gnn.estimator import GraphPredictor

        return GraphPredictor.read(files)
    if kind not in PREDICTORS:
        allowed = ", ".join((*PREDICTORS, GRAPHS))
        raise ModelFileError(f"kind {kind!r} is not known; allowed: {allowed}")
    cls: Any = PREDICTORS[kind]
    wanted = {f.name for f in fields(cls) if f.init}
    given: dict[str, Any] = dict(unpack(files[ARRAYS])) if ARRAYS in files else {}
    if GRAPH in files:
        given["onnx"] = files[GRAPH]
    if set(given) != wanted:
        raise ModelFileError(
            f"a model of kind {kind!r} holds {', '.join(sorted(wanted))}; found "
            + (", ".join(sorted(given)) or "nothing")
        )
    return cls(**given)


def pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Pack arrays as an uncompressed npz with fixed dates."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(arrays[name]),
                                      allow_pickle=False)  # fmt: skip
            info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            archive.writestr(info, member.getvalue())
    return out.getvalue()


def unpack(content: bytes) -> dict[str, NDArray[Any]]:
    """Read an npz; nothing is unpickled, and no member may be larger than a model may be."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            large = [i.filename for i in archive.infolist() if i.file_size > MAX_BYTES]
        if large:
            raise ModelFileError(f"{ARRAYS}: {', '.join(large)} is larger than {MAX_BYTES} bytes")
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except ModelFileError:
        raise
    except Exception as error:  # zipfile and numpy raise many types for a broken file
        raise ModelFileError(f"{ARRAYS} cannot be read: {error}") from None
