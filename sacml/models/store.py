"""Surrogates on disk: files that execute nothing when loaded, and are refused when altered.

A folder holds `model.json` (everything that is known about the model), `arrays.npz` and for trees
`model.onnx`, or for graph networks `network.json` and `weights.safetensors`, `MODEL_CARD.md`, and
`model.sha256` with the digest of each of the others.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sacml._resources import model_path
from sacml.domain import Candidate, target
from sacml.domain.elements import table_digest
from sacml.errors import ModelFileError, SacmlError
from sacml.features import FEATURE_NAMES, CandidateTable, schema_digest
from sacml.models.card import model_card
from sacml.models.digests import read_listing, write_files
from sacml.models.files import FILES, MAX_BYTES, predictor_files, read_predictor
from sacml.models.surrogate import Surrogate
from sacml.uncertainty import Applicability, Calibration

SCHEMA_VERSION = 1
FACTS, DIGESTS, CARD = "model.json", "model.sha256", "MODEL_CARD.md"
REMEDY = (
    "restore the folder (git checkout, or reinstall sacml), or train the model again with "
    "`sacml train`"
)
_REQUIRED: Mapping[str, type] = {
    "schema_version": int, "name": str, "version": str, "target": str, "unit": str, "scale": str,
    "model": str, "trained_on": str, "kind": str, "features": list, "calibration": dict,
    "domain": dict, "descriptor_schema_digest": str, "element_table_digest": str, "dataset": dict,
    "examples": dict,
}  # fmt: skip


def save(surrogate: Surrogate, folder: str | Path) -> Path:
    """Write a surrogate into a folder (made if missing; a stored model in it is replaced).

    Raises
    ------
    ModelFileError
        If a file would be larger than 5 MB.
    """
    content: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "name": surrogate.name,
        "version": surrogate.version,
        "target": surrogate.target,
        "model": surrogate.model,
        "trained_on": surrogate.trained_on,
        "kind": surrogate.predictor.kind,
        "calibration": surrogate.calibration.to_dict(),
        "domain": surrogate.domain.to_dict(),
        **surrogate.facts,
    }
    text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    files = {
        FACTS: text.encode(),
        CARD: model_card(surrogate).encode(),
        **predictor_files(surrogate.predictor),
    }
    for name, data in files.items():
        if len(data) > MAX_BYTES:
            raise ModelFileError(
                f"{name} of {surrogate.name} has {len(data)} bytes, at most {MAX_BYTES} are "
                "released; take fewer or smaller trees"
            )
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    for name in FILES:  # of another kind that stood here
        if name not in files:
            (path / name).unlink(missing_ok=True)
    write_files(path, DIGESTS, files)
    return path


def load(folder: str | Path) -> Surrogate:
    """Read a surrogate and check it: digests, schemas, every array, and its examples.

    Raises
    ------
    ModelFileError
        Naming the file, what was found and expected, and the remedy.
    """
    path = Path(folder)
    files = _read_files(path)
    try:
        content = json.loads(files[FACTS])
        _check_content(path, content)
        predictor = read_predictor(content["kind"], {n: files[n] for n in FILES if n in files})
        width = len(FEATURE_NAMES)
        if predictor.columns.size and predictor.columns.max() >= width:
            raise ModelFileError(f"a column lies beyond the {width} descriptors")
        kept = ("schema_version", "name", "version", "target", "model", "trained_on", "kind",
                "calibration", "domain")  # fmt: skip
        surrogate = Surrogate(
            target=content["target"],
            model=content["model"],
            trained_on=content["trained_on"],
            version=content["version"],
            predictor=predictor,
            calibration=Calibration.from_dict(content["calibration"]),
            domain=Applicability.from_dict(content["domain"]),
            facts={k: v for k, v in content.items() if k not in kept},
        )
        _check_examples(path, surrogate)
    except ModelFileError as error:
        text = str(error)
        raise ModelFileError(text if str(path) in text else f"{path}: {text}; {REMEDY}") from None
    except (ValueError, KeyError, TypeError, AttributeError, SacmlError) as error:
        raise ModelFileError(f"{path / FACTS} does not hold a model: {error!r}; {REMEDY}") from None
    return surrogate


def load_released(target_name: str) -> Surrogate:
    """Load the surrogate of a target that came with sacml."""
    target(target_name)
    folder = model_path(target_name)
    if not folder.is_dir():
        raise ModelFileError(f"no surrogate of {target_name} is released at {folder}; {REMEDY}")
    return load(folder)


def _read_files(path: Path) -> dict[str, bytes]:
    listing = path / DIGESTS
    if not listing.is_file():
        raise ModelFileError(f"there is no stored model in {path}: {DIGESTS} is missing; {REMEDY}")
    expected = read_listing(listing)
    unknown = set(expected) - {FACTS, CARD, *FILES}
    if unknown or not {FACTS, CARD} <= set(expected):
        raise ModelFileError(
            f"{listing} lists {', '.join(sorted(expected)) or 'nothing'}; expected {FACTS}, "
            f"{CARD} and some of {', '.join(FILES)}; {REMEDY}"
        )
    files = {}
    for name, digest in expected.items():
        file = path / name
        if not file.is_file():
            raise ModelFileError(f"{file} is missing; {REMEDY}")
        if file.stat().st_size > MAX_BYTES:
            raise ModelFileError(f"{file} is larger than {MAX_BYTES} bytes; {REMEDY}")
        files[name] = file.read_bytes()
        found = hashlib.sha256(files[name]).hexdigest()
        if found != digest:
            raise ModelFileError(
                f"{file} was altered: its sha256 is {found}, {DIGESTS} expects {digest}; {REMEDY}"
            )
    return files


def _check_content(path: Path, content: Any) -> None:
    if not isinstance(content, dict):
        raise ModelFileError(f"{path / FACTS} is no JSON object; {REMEDY}")
    wrong = [
        f"{key} ({kind.__name__})" for key, kind in _REQUIRED.items()
        if not isinstance(content.get(key), kind)
    ]  # fmt: skip
    if wrong:
        raise ModelFileError(
            f"{path / FACTS} lacks or has the wrong type of {', '.join(wrong)}; {REMEDY}"
        )
    if content["schema_version"] != SCHEMA_VERSION:
        raise ModelFileError(
            f"{path / FACTS} has schema version {content['schema_version']}, this sacml reads "
            f"{SCHEMA_VERSION}; train the model again with `sacml train`"
        )
    for key, found, what in (
        ("descriptor_schema_digest", schema_digest(), "descriptor schema"),
        ("element_table_digest", table_digest(), "element table"),
    ):
        if content[key] != found:
            raise ModelFileError(
                f"{path / FACTS} was made for another {what}: sha256 {content[key]}, this sacml "
                f"has {found}; train the model again with `sacml train`, or install the sacml "
                "that it was made with"
            )
    kind = target(content["target"])
    if (content["unit"], content["scale"]) != (kind.unit, kind.scale):
        raise ModelFileError(
            f"{path / FACTS} gives {content['unit']} on the scale {content['scale']}, but "
            f"{kind.name} has {kind.unit} on {kind.scale}; train the model again"
        )


def _check_examples(path: Path, surrogate: Surrogate) -> None:
    examples = surrogate.facts["examples"]
    rows = examples["rows"]
    if not rows:
        raise ModelFileError(f"{path / FACTS} holds no example to check the model by; {REMEDY}")
    table = CandidateTable.from_candidates([Candidate.parse(r["candidate"]) for r in rows])
    try:
        found = surrogate.predict(table, float(examples["level"]))
    except SacmlError:
        raise
    except Exception as error:  # onnxruntime raises several types of its own
        raise ModelFileError(f"{path}: the model cannot be run: {error}; {REMEDY}") from None
    for i, row in enumerate(rows):
        for name in ("value", "lower", "upper"):
            now, stored = float(getattr(found, name)[i]), float(row[name])
            # float32 trees may sum in another order on another processor
            if not np.isclose(now, stored, rtol=1e-4, atol=1e-5):
                raise ModelFileError(
                    f"{path}: the example {row['candidate']} gives {name} {now:g}, stored is "
                    f"{stored:g}: the model does not work as it did when it was made; {REMEDY}"
                )
