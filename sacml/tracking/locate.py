"""Where the files of a run or model lie now, also when the store was copied from elsewhere."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from sacml.tracking.backend import ARTIFACTS, as_default, quiet, sqlite_path

if TYPE_CHECKING:
    from mlflow import MlflowClient


def moved(uri: str, location: str) -> Path | None:
    """Local folder of an artifact location; None where it is not a local one.

    A database that was copied here names the folders of the machine it was made on; its files are
    then looked for in the folder beside it.
    """
    parts = urlsplit(location)
    if parts.scheme not in ("", "file"):
        return None
    path = Path(url2pathname(parts.path))
    database = sqlite_path(uri)
    if path.is_dir() or database is None or ARTIFACTS not in path.parts:
        return path
    below = path.parts[len(path.parts) - path.parts[::-1].index(ARTIFACTS) :]
    return database.resolve().parent.joinpath(ARTIFACTS, *below)


@contextmanager
def run_files(client: "MlflowClient", run_id: str) -> Iterator[Path]:
    """Folder with the files of a run; of another machine's store a copy for a while."""
    with quiet():
        location = client.get_run(run_id).info.artifact_uri
    local = moved(client.tracking_uri, location)
    if local is not None:
        yield local
        return
    with tempfile.TemporaryDirectory() as scratch, quiet():
        if client.list_artifacts(run_id):
            client.download_artifacts(run_id, "", scratch)
        yield Path(scratch)


@contextmanager
def model_folder(client: "MlflowClient", model_uri: str) -> Iterator[Path]:
    """Folder with the files of a logged model, ``models:/m-...``."""
    model_id = model_uri.removeprefix("models:/")
    with quiet():
        local = moved(client.tracking_uri, client.get_logged_model(model_id).artifact_location)
    if local is not None:
        yield local
        return
    with tempfile.TemporaryDirectory() as scratch, quiet(), as_default(client.tracking_uri):
        import mlflow

        mlflow.artifacts.download_artifacts(artifact_uri=model_uri, dst_path=scratch)
        yield Path(scratch)
