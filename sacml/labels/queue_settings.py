"""The settings a queue was begun with; whoever comes with others is refused."""

import json
from pathlib import Path
from typing import Any

from sacml.labels.queue_files import DamagedFileError, write_atomic
from sacml.labels.queue_index import QueueError
from sacml.labels.settings import ProtocolSettings

FILE, SCHEMA = "settings.json", "sacml.queue/1"


class SettingsDifferError(QueueError):
    """Work for one folder came with other settings than the folder's."""


def read_settings(folder: Path) -> ProtocolSettings | None:
    """Read the settings of a queue; None where there is no queue.

    Raises
    ------
    DamagedFileError
        If the file cannot be read as settings.
    """
    path = folder / FILE
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return ProtocolSettings.from_dict(stored["settings"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedFileError(
            f"{path}: not the settings of a queue ({error}); put back the file this campaign was "
            "begun with, so that results of two settings are not mixed"
        ) from None


def write_settings(folder: Path, settings: ProtocolSettings) -> None:
    """Write the settings of a new queue."""
    data = {"schema": SCHEMA, "digest": settings.digest, "settings": settings.to_dict()}
    write_atomic(folder / FILE, (json.dumps(data, indent=2) + "\n").encode(), folder / "tmp")


def check_same(folder: Path, stored: ProtocolSettings, given: ProtocolSettings) -> None:
    """Raise with every field in which the given settings differ from the folder's.

    Raises
    ------
    SettingsDifferError
        Settings of another name but equal values are the same.
    """
    if stored.digest == given.digest:
        return
    then, now = stored.to_dict(), given.to_dict()
    lines = [
        f"  {name}: the campaign has {_short(then[name])}, given was {_short(now[name])}"
        for name in then
        if name != "name" and then[name] != now[name]
    ]
    raise SettingsDifferError(
        f"the settings differ from those of the campaign in {str(folder)!r}:\n"
        + "\n".join(lines)
        + "\n  use the campaign's settings, or another folder: results of two settings do not mix"
    )


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 100 else text[:97] + "..."
