"""Frozen values that go through JSON text unchanged."""

import json
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from sacml.errors import SacmlError


class LabelError(SacmlError, ValueError):
    """A task, a result or a label cannot be made from what was given."""


class Textual(BaseModel):
    """Frozen, closed, and through JSON text without loss."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return self.model_dump(mode="json")

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(self.to_dict(), separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Check plain values; all problems are told at once."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            said = "; ".join(
                f"{'.'.join(map(str, p['loc'])) or 'values'}: {p['msg']}" for p in error.errors()
            )
            raise LabelError(f"bad {cls.__name__}: {said}") from None

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read `to_json`; a text cut short is an error."""
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise LabelError(f"bad {cls.__name__}: no complete JSON ({error})") from None
        return cls.from_dict(values)
