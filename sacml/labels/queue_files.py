"""Files that are whole or not there: written beside their place, forced to disk, renamed into it.

A stored result is JSON in a fixed layout, so that its digest covers bytes and not a reading of
them: the first line holds the digest of everything after it, the second a short header, the rest
the record. `read_header` checks the digest without parsing the record.
"""

import errno
import hashlib
import json
import os
import re
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sacml.errors import SacmlError

SCHEMA = "sacml.label/1"
RESERVE_BYTES = 1 << 20
"""Room kept free for the results in hand when the disk fills up."""
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FIRST = re.compile(rb'\{"schema": "(sacml\.label/\d+)", "sha256": "([0-9a-f]{64})",\n')


class DamagedFileError(SacmlError):
    """A stored file was cut short or altered."""


class DiskFullError(SacmlError):
    """There is no room left where the campaign lies."""


def disk_full(folder: Path, what: str, error: OSError) -> DiskFullError:
    """Build the error for a full disk."""
    return DiskFullError(
        f"no space left in {str(folder)!r} ({error.strerror}) while writing {what}; everything "
        "stored before is whole. Free some space and run the same command again: it goes on where "
        "it stopped"
    )


def file_name(key: str) -> str:
    """Name of the files of a task: readable, one for each key, as `Task.file_name` where short."""
    name = quote(key, safe="@+=(),-.~ ")
    if len(name) <= 180:
        return name
    # file systems end a name at 255 bytes, and a number and an ending come behind it
    return f"{name[:160]}~{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def is_full(error: OSError) -> bool:
    """Whether an error says that the disk, or the user's share of it, is full."""
    return error.errno in _FULL


def write_atomic(path: Path, data: bytes, temporary: Path) -> None:
    """Write a file so that its place holds the whole of it or what was there before.

    Parameters
    ----------
    temporary
        Folder on the same file system for the file until it is whole.

    Raises
    ------
    OSError
        As the system says; nothing is left behind.
    """
    temporary.mkdir(exist_ok=True)
    draft = temporary / uuid.uuid4().hex
    try:
        handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to disk, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass  # some network file systems refuse it for folders
    finally:
        os.close(handle)


def remove_drafts(temporary: Path, older_than_s: float) -> None:
    """Remove what killed workers left half-written."""
    with os.scandir(temporary) as entries:
        for entry in entries:
            try:
                if time.time() - entry.stat().st_mtime > older_than_s:
                    os.unlink(entry.path)
            except FileNotFoundError:
                continue


def make_reserve(folder: Path) -> None:
    """Take the room that `free_reserve` gives back."""
    path = folder / ".reserve"
    if not path.exists():
        write_atomic(path, bytes(RESERVE_BYTES), folder / "tmp")


def free_reserve(folder: Path) -> bool:
    """Give the reserved room back; whether there was any."""
    try:
        (folder / ".reserve").unlink()
    except OSError:
        return False
    return True


def pack(header: Mapping[str, Any], record: Mapping[str, Any]) -> bytes:
    """Return the bytes of a stored result."""
    body = (
        f'"header": {json.dumps(header, ensure_ascii=False)},\n'
        f'"record": {json.dumps(record, ensure_ascii=False, allow_nan=False)}}}\n'
    ).encode()
    digest = hashlib.sha256(body).hexdigest()
    return f'{{"schema": "{SCHEMA}", "sha256": "{digest}",\n'.encode() + body


def read_header(path: Path) -> dict[str, Any]:
    """Check a stored result and return its header.

    Raises
    ------
    DamagedFileError
        If the digest does not fit, as when the file was cut short.
    """
    return _header(_checked(path), path)


def read_record(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Check a stored result and return its header and its record."""
    body = _checked(path)
    try:
        whole = json.loads(b"{" + body)
    except ValueError as error:
        raise DamagedFileError(f"{path}: not JSON: {error}") from None
    return whole["header"], whole["record"]


def _checked(path: Path) -> bytes:
    with path.open("rb", buffering=0) as handle:
        data = handle.read()
    first = _FIRST.match(data)
    if first is None:
        cut = "is empty" if not data else "does not begin as a stored result does"
        raise DamagedFileError(f"{path}: the file {cut}")
    if first[1].decode() != SCHEMA:
        raise SacmlError(
            f"{path}: written in the layout {first[1].decode()!r}, this version reads {SCHEMA!r}; "
            "open the campaign with the version of sacml that wrote it"
        )
    body = data[first.end() :]
    if hashlib.sha256(body).hexdigest().encode() != first[2]:
        raise DamagedFileError(f"{path}: its content does not fit its digest (cut short or edited)")
    return body


def _header(body: bytes, path: Path) -> dict[str, Any]:
    line = body.partition(b"\n")[0]
    if not (line.startswith(b'"header": ') and line.endswith(b",")):
        raise DamagedFileError(f"{path}: there is no header in its second line")
    header: dict[str, Any] = json.loads(line[len(b'"header": ') : -1])
    return header
