"""Which stored surrogate serves which role.

`screen` answers for pools and in the shell, `refine` for short lists. A folder of models holds
`TARGET/` for the first and `refine/TARGET/` for the second, so that what reads one model a target
need not know of roles, and `refine/` is a folder of models itself. A model that wins both is stored
once and says so in its facts.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sacml.domain import PRIMARY
from sacml.errors import SacmlError

if TYPE_CHECKING:
    from sacml.models import Surrogate

SCREEN, REFINE = "screen", "refine"
ROLES = (SCREEN, REFINE)
FACT = "roles"
"""Fact of a stored surrogate: the roles it serves, `screen` alone where it is not stated."""


def with_roles(surrogate: "Surrogate", *roles: str) -> "Surrogate":
    """Return the surrogate with its roles among its facts."""
    return replace(surrogate, facts={**surrogate.facts, FACT: list(roles)})


def load_surrogates(
    targets: Sequence[str] | None = None, models: str | Path | None = None
) -> "dict[str, Surrogate]":
    """Load the screen surrogates, released or below the folder `models`.

    Parameters
    ----------
    targets
        Default: all that are released, or all that the folder holds.

    Raises
    ------
    SacmlError
        If the folder holds none.
    ModelFileError
        If one that was asked for is missing or altered.
    """
    from sacml.models import store

    if models is None:
        return {name: store.load_released(name) for name in targets or PRIMARY}
    root = Path(models)
    return {name: store.load(root / name) for name in targets or _stored(root)}


def load_refine(
    screen: "dict[str, Surrogate]", models: str | Path | None = None, *, required: bool = True
) -> "dict[str, Surrogate]":
    """Load the refine surrogate beside each screen surrogate.

    Raises
    ------
    SacmlError
        If there is none for a target; unless not `required`, then that target is left out.
    """
    from sacml._resources import model_path
    from sacml.models import store

    root = model_path() if models is None else Path(models)
    found, missing = {}, []
    for name, surrogate in screen.items():
        folder = root / REFINE / name
        if REFINE in surrogate.facts.get(FACT, ()):
            found[name] = surrogate
        elif folder.is_dir():
            found[name] = store.load(folder)
        else:
            missing.append(name)
    if missing and required:
        raise SacmlError(
            f"there is no refine surrogate of {', '.join(missing)} in {root}; train one with "
            "`refine` in the configuration of the study, or ask without refine"
        )
    return found


def _stored(root: Path) -> tuple[str, ...]:
    from sacml.models.store import FACTS

    names = tuple(name for name in PRIMARY if (root / name / FACTS).is_file())
    if not names:
        inner = root / "models"
        hint = f"; did you mean {inner}?" if inner.is_dir() else ""
        raise SacmlError(
            f"there is no surrogate in {str(root)!r}: expected a folder named "
            f"{', '.join(PRIMARY[:-1])} or {PRIMARY[-1]}{hint}"
        )
    return names
