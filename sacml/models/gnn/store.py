"""Ensembles on disk: a JSON schema and tensors in safetensors; nothing in them is executed.

A folder holds `network.json` (sizes, names, scalers, digests, and what the networks answer for the
examples), `weights.safetensors` (their state dicts, and the example graphs) and `network.sha256`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch_geometric.data import Data

from sacml.domain.elements import table_digest
from sacml.errors import ModelFileError, SacmlError
from sacml.models.digests import read_listing, write_files
from sacml.models.gnn import NETWORK, WEIGHTS
from sacml.models.gnn.ensemble import Ensemble
from sacml.models.gnn.network import Network, NetworkOptions
from sacml.models.gnn.trim import trim
from sacml.structures.graphs_elements import PROPERTIES
from sacml.structures.graphs_marks import ROLES

SCHEMA_VERSION = 1
FACTS, DIGESTS = NETWORK, "network.sha256"
MAX_BYTES = 50_000_000
N_EXAMPLES = 3
_GRAPH = ("x", "known", "marks", "edge_index", "distance", "vector", "bonded", "inputs")
REMEDY = "restore the files, or train the model again"


def ensemble_files(
    ensemble: Ensemble, examples: Sequence[Data], facts: Mapping[str, Any] | None = None
) -> dict[str, bytes]:
    """Content of the files by name.

    Parameters
    ----------
    examples
        Graphs by which the stored networks are checked when loaded; the first three are kept.
    facts
        Plain values kept beside, e.g. unit, dataset and scores.
    """
    from safetensors.torch import save

    if not examples:
        raise SacmlError("give at least one graph, by which the stored networks are checked")
    chosen = [trim(data, ensemble.options.layers) for data in examples[:N_EXAMPLES]]
    tensors = {
        f"member_{k}.{name}": tensor.contiguous()
        for k, network in enumerate(ensemble.members)
        for name, tensor in network.state_dict().items()
    }
    tensors |= {
        f"example_{k}.{name}": data[name].contiguous()
        for k, data in enumerate(chosen)
        for name in _GRAPH
    }
    content = {
        "schema_version": SCHEMA_VERSION,
        **ensemble.facts(),
        "node_properties": list(PROPERTIES),
        "marks": list(ROLES),
        "element_table_digest": table_digest(),
        "answers": ensemble.predict(chosen).tolist(),
        "facts": dict(facts or {}),
    }
    text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    return {FACTS: text.encode(), WEIGHTS: save(tensors)}


def read_ensemble(files: Mapping[str, bytes]) -> tuple[Ensemble, dict[str, Any]]:
    """Read an ensemble from the content of its files; also the facts beside it.

    Raises
    ------
    ModelFileError
        If the files do not hold networks of this version, or these answer differently.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        content = json.loads(files[FACTS])
        _check(content)
        tensors = load(files[WEIGHTS])
        ensemble = _ensemble(content, tensors)
        graphs = [
            Data(**{name: tensors[f"example_{k}.{name}"] for name in _GRAPH})
            for k in range(len(content["answers"]))
        ]
        found = ensemble.predict(graphs)
    except ModelFileError:
        raise
    except (SafetensorError, SacmlError, KeyError, TypeError, ValueError, RuntimeError,
            IndexError) as error:  # fmt: skip
        why = " ".join(str(error).split())[:300]
        raise ModelFileError(f"{FACTS} and {WEIGHTS} hold no networks: {why}; {REMEDY}") from None
    stored = np.array(content["answers"])
    # sums run in another order on another processor
    if not np.allclose(found, stored, rtol=1e-4, atol=1e-4 * float(ensemble.scale.max())):
        raise ModelFileError(
            f"the examples give {found.ravel()[:3]}, stored is {stored.ravel()[:3]}: the networks "
            f"do not work as when they were stored; {REMEDY}"
        )
    return ensemble, content["facts"]


def save(
    ensemble: Ensemble, folder: str | Path, examples: Sequence[Data],
    facts: Mapping[str, Any] | None = None,
) -> Path:  # fmt: skip
    """Write an ensemble into a folder, which is made if it is missing."""
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    files = ensemble_files(ensemble, examples, facts)
    write_files(path, DIGESTS, files)
    return path


def load(folder: str | Path) -> tuple[Ensemble, dict[str, Any]]:
    """Read an ensemble and the facts beside it; digests, shapes and examples are checked."""
    path = Path(folder)
    files = {}
    for name in (FACTS, WEIGHTS, DIGESTS):
        file = path / name
        if not file.is_file():
            raise ModelFileError(f"{file} is missing; {REMEDY}")
        if file.stat().st_size > MAX_BYTES:
            raise ModelFileError(f"{file} is larger than {MAX_BYTES} bytes; {REMEDY}")
        files[name] = file.read_bytes()
    expected = read_listing(path / DIGESTS)
    for name in (FACTS, WEIGHTS):
        if hashlib.sha256(files[name]).hexdigest() != expected.get(name):
            raise ModelFileError(
                f"{path / name} was altered: its sha256 is not that of {DIGESTS}; {REMEDY}"
            )
    try:
        return read_ensemble(files)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from None


def _check(content: Any) -> None:
    if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
        raise ModelFileError(f"{FACTS} is not of schema version {SCHEMA_VERSION}; {REMEDY}")
    for key, now in (
        ("node_properties", list(PROPERTIES)), ("marks", list(ROLES)),
        ("element_table_digest", table_digest()),
    ):  # fmt: skip
        if content.get(key) != now:
            raise ModelFileError(f"{FACTS} was made for other {key}; train the model again")


def _ensemble(content: dict[str, Any], tensors: dict[str, torch.Tensor]) -> Ensemble:
    options = NetworkOptions(**content["options"])
    inputs, targets = tuple(content["inputs"]), tuple(content["targets"])
    members = []
    for k in range(int(content["members"])):
        start = f"member_{k}."
        state = {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)}
        wrong = [n for n, t in state.items() if not torch.isfinite(t).all()]
        if wrong:
            raise ModelFileError(f"{WEIGHTS}: {wrong[0]} of network {k} is not finite; {REMEDY}")
        network = Network(options, len(inputs), len(targets))
        network.load_state_dict(state, strict=True)
        members.append(network)
    return Ensemble(
        options, inputs, targets, np.array(content["mean"], dtype=np.float64),
        np.array(content["scale"], dtype=np.float64), tuple(members),
    )  # fmt: skip
