"""A search on disk: written while it runs, read back only by the very same search."""

import hashlib
import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from sacml.design.search.tally import Tally
from sacml.errors import DesignError

SCHEMA = "sacml.search/1"
EVERY_S = 5.0
"""Least seconds between two writings while the search runs."""


def digest(thing: Any) -> str:
    """First digits of a sha256 over plain values."""
    text = json.dumps(thing, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Checkpoint:
    """The state of a search in one file of arrays (npz); loading it executes nothing.

    Parameters
    ----------
    path
        The file; it need not exist.
    identity
        What the search depends on, each part under the name that an error shows.
    """

    def __init__(self, path: str | Path, identity: Mapping[str, str]) -> None:
        self.path, self.identity = Path(path), {"layout of the file": SCHEMA, **identity}
        self._written = time.monotonic()

    def load(self, empty: Tally) -> Tally:
        """Return the stored state, or `empty` where there is no file.

        Raises
        ------
        DesignError
            If the file cannot be read, or belongs to another search: what differs is named.
        """
        if not self.path.exists():
            return empty
        try:
            with self.path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            header = json.loads(str(arrays.pop("header")))
            stored, counts = dict(header["identity"]), header["counts"]
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise DesignError(
                f"checkpoint {self.path} cannot be read ({type(error).__name__}); delete it or "
                "name another file"
            ) from None
        names = {**self.identity, **stored}
        differs = [n for n in names if self.identity.get(n) != stored.get(n)]
        if differs:
            raise DesignError(
                f"checkpoint {self.path} belongs to another search: it differs in "
                f"{', '.join(differs)}; delete it or name another file"
            )
        return empty.restored(arrays, counts)

    def save(self, tally: Tally, *, now: bool = False) -> None:
        """Write the state, at most every `EVERY_S` seconds unless `now`; a kill leaves it whole.

        Raises
        ------
        DesignError
            If the file cannot be written.
        """
        if not now and time.monotonic() - self._written < EVERY_S:
            return
        header = json.dumps({"identity": self.identity, "counts": tally.counts()})
        arrays: dict[str, Any] = {"header": np.array(header), **tally.to_arrays()}
        part = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                np.savez(file, **arrays)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)
        except OSError as error:
            raise DesignError(
                f"checkpoint {self.path} cannot be written: {error.strerror}; name another file"
            ) from None
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        self._written = time.monotonic()
