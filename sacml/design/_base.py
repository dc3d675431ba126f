"""Frozen, validated configuration whose errors are `DesignError`s with all problems at once."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from sacml.errors import DesignError


def problems(error: ValidationError, allowed: Iterable[str] = ()) -> str:
    """Put the problems of a pydantic error into lines a user can act on."""
    lines = []
    for item in error.errors(include_url=False):
        where = ".".join(str(part) for part in item["loc"])
        text = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            text = f"there is no such setting; allowed: {', '.join(allowed)}"
        elif item["type"] not in ("value_error", "missing"):
            text += f" (given: {item['input']!r})"
        lines.append(f"{where}: {text}" if where else text)
    return "; ".join(lines)


class Frozen(BaseModel):
    """Base of the settings of a design: immutable, no unknown keys, errors in words."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            name = type(self).__name__.lower()
            # settings within settings say once that they cannot be used
            text = problems(error, type(self).model_fields).replace(
                ": constraints cannot be used:", ":"
            )
            raise DesignError(f"{name} cannot be used: {text}") from None

    def replace(self, **changes: Any) -> Any:
        """Return a copy with some settings changed, validated again."""
        return type(self)(**{**{k: getattr(self, k) for k in type(self).model_fields}, **changes})


def plain(value: Any) -> Any:
    """Turn tuples into lists, at any depth."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, (list, tuple)) else value
