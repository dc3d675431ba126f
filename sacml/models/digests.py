"""Files of a stored model with a listing of their digests, as ``sha256sum`` writes it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path


def write_files(folder: Path, listing: str, files: Mapping[str, bytes]) -> None:
    """Write files (name -> content) and, last, their digests to the file `listing`."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()]
    (folder / listing).write_text("".join(lines), encoding="utf-8")


def read_listing(path: Path) -> dict[str, str]:
    """Read a listing as file name -> digest."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
