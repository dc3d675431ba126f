"""Released models of a group: versions, promotion by held-out folds, folders to give away."""

from pathlib import Path
from typing import TYPE_CHECKING

from sacml.domain import target as find_target

if TYPE_CHECKING:
    from sacml.tracking.evidence import Verdict
    from sacml.tracking.registry import Version

PREFIX = "sacml"


def parse_name(text: str) -> tuple[str, str | None]:
    """Part ``binding_energy@champion`` into the registered name and the version's alias or number.

    ``binding_energy-refine`` is the model for short lists.
    """
    name, _, which = text.removeprefix(f"{PREFIX}-").partition("@")
    target, dash, role = name.partition("-")
    return f"{PREFIX}-{find_target(target).name}{dash}{role}", which or None


def list_versions(uri: str) -> "list[Version]":
    """Return every version that was registered, newest first."""
    from sacml.tracking.query import open_store
    from sacml.tracking.registry import versions

    return versions(open_store(uri))


def show_version(uri: str, text: str) -> "tuple[Version, str]":
    """Find a version and its card."""
    from sacml.tracking.locate import model_folder
    from sacml.tracking.query import open_store
    from sacml.tracking.registry import CHAMPION, find

    client = open_store(uri)
    name, which = parse_name(text)
    version = find(client, name, which or CHAMPION)
    with model_folder(client, version.model_uri) as folder:
        card = folder / "artifacts" / "surrogate" / "MODEL_CARD.md"
        return version, card.read_text(encoding="utf-8") if card.is_file() else "The card is gone."


def promote(uri: str, text: str) -> "Verdict":
    """Make the challenger (or the version named) the champion if it wins, see `judge`."""
    from sacml.tracking.query import open_store
    from sacml.tracking.registry import CHALLENGER
    from sacml.tracking.registry import promote as run

    name, which = parse_name(text)
    return run(open_store(uri), name, which or CHALLENGER)


def roll_back(uri: str, text: str) -> "tuple[Version, Version]":
    """Give the champion's place back to the version before it; return old and new champion."""
    from sacml.tracking.query import open_store
    from sacml.tracking.registry import roll_back as run

    return run(open_store(uri), parse_name(text)[0])


def export(uri: str, text: str, folder: str | Path) -> Path:
    """Write a version (default: the champion) as a folder that needs no MLflow."""
    from sacml.tracking.query import open_store
    from sacml.tracking.registry import CHAMPION, find
    from sacml.tracking.transfer import export_version

    client = open_store(uri)
    name, which = parse_name(text)
    return export_version(client, find(client, name, which or CHAMPION), Path(folder))


def import_(uri: str, folder: str | Path) -> "Version":
    """Register a stored surrogate as the newest version and the challenger."""
    from sacml.tracking.transfer import import_folder

    return import_folder(uri, Path(folder))
