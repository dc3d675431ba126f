"""Geometry descriptors of structures with a metal centre: bonds, angles, plane, strain, alkali.

Apart from the descriptors of a candidate (`sacml.features.describe`), which need no structure::

    from ase.io import read
    from sacml.features.geometry import describe_geometry, geometry_frame

    matrix = describe_geometry([read("a.xyz"), read("b.xyz")])      # (2, n), no NaN, masks
    frame = geometry_frame({"a": read("a.xyz")})                     # NaN where not applicable
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sacml.errors import SacmlError
from sacml.features.geometry_centre import CentreError, find_centre, marked_shell
from sacml.features.geometry_features import FEATURES, NAMES, POSITION, PREFIX, REFERENCE_CC_A
from sacml.features.geometry_values import local_descriptors

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "FEATURES",
    "NAMES",
    "CentreError",
    "GeometryError",
    "GeometryInputError",
    "describe_geometry",
    "find_centre",
    "geometry_feature_table",
    "geometry_frame",
]

_SHOWN = 20


class GeometryError(SacmlError, ValueError):
    """Some structures of a batch have no geometry descriptors; all are listed at once.

    Attributes
    ----------
    problems
        ``((position in the batch, name, reason), ...)``.
    """

    def __init__(self, problems: Sequence[tuple[int, str, str]], total: int) -> None:
        self.problems = tuple(problems)
        lines = [f"  structure {i} ({name}): {why}" for i, name, why in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            lines.append(f"  ... and {len(self.problems) - _SHOWN} more")
        head = f"{len(self.problems)} of {total} structures have no geometry descriptors"
        super().__init__("\n".join([head, *lines]))


class GeometryInputError(SacmlError, ValueError):
    """The batch was asked for in a way that does not fit: lists of other lengths, no length."""


def describe_geometry(
    structures: Iterable[Any],
    centres: Sequence[Sequence[int] | int | None] | None = None,
    names: Sequence[str] | None = None,
    reference_cc_A: float = REFERENCE_CC_A,
) -> NDArray[np.float64]:
    """Compute the geometry descriptors of a batch of structures.

    Parameters
    ----------
    structures
        ASE Atoms, or `sacml.structures.Structure`.
    centres
        Atom numbers of the centre of each, or None where it is marked or to be detected (see
        `find_centre`).
    names
        What the structures are called in messages; their notation or formula by default.
    reference_cc_A
        C-C bond length that the strain is measured against, in angstrom.

    Returns
    -------
    ndarray
        Shape (n_structures, n_features), float64, columns as in `NAMES`, no NaN: where a value does
        not apply it is 0 and so is its mask.

    Raises
    ------
    GeometryError
        Naming every structure without a centre, with two unmarked ones, or with an unusable cell.
    """
    if not reference_cc_A > 0:
        raise GeometryInputError(
            f"reference_cc_A {reference_cc_A!r} is no bond length: give angstrom > 0"
        )
    batch = list(structures)
    for given, what in ((centres, "centres"), (names, "names")):
        if given is not None and len(given) != len(batch):
            raise GeometryInputError(
                f"{len(given)} {what} for {len(batch)} structures: give one for each"
            )
    out = np.zeros((len(batch), len(NAMES)))
    problems = []
    for i, item in enumerate(batch):
        try:
            atoms, marked, shell = _parts(item)
            if centres is not None and centres[i] is not None:
                marked = centres[i]
            values = local_descriptors(atoms, find_centre(atoms, marked), shell, reference_cc_A)
        except SacmlError as error:
            problems.append((i, names[i] if names else _name(item), str(error)))
            continue
        for name, value in values.items():
            out[i, POSITION[PREFIX + name]] = value
    if problems:
        raise GeometryError(problems, len(batch))
    return out


def _parts(item: Any) -> tuple[Any, Any, tuple[int, ...]]:
    """Atoms, marked centre and marked shell; bare Atoms carry their marks in `info`."""
    if hasattr(item, "get_chemical_symbols"):
        return item, None, marked_shell(item)
    if hasattr(item, "atoms") and hasattr(item, "centre"):
        return item.atoms, item.centre, tuple(getattr(item, "shell", ()))
    raise SacmlError(
        f"{type(item).__name__} is no structure: give ASE Atoms or a sacml.structures.Structure"
    )


def _name(item: Any) -> str:
    if hasattr(item, "site"):
        return str(item.site)
    if hasattr(item, "get_chemical_formula"):
        return str(item.info.get("site", item.get_chemical_formula()))
    return type(item).__name__


def geometry_frame(structures: Mapping[str, Any] | Iterable[Any], **options: Any) -> "pd.DataFrame":
    """Return the descriptors as a table, NaN where a value does not apply; see `describe_geometry`.

    A mapping gives the index; masks stay as columns of 0 and 1.
    """
    import pandas as pd

    if isinstance(structures, Mapping):
        index: list[Any] = list(structures)
        options.setdefault("names", [str(k) for k in index])
        batch = list(structures.values())
    else:
        batch = list(structures)
        index = list(range(len(batch)))
    frame = pd.DataFrame(describe_geometry(batch, **options), index=index, columns=list(NAMES))
    for feature in FEATURES:
        if feature.masks:
            applies = (frame[list(feature.masks)] == 1.0).all(axis=1)
            frame[feature.name] = frame[feature.name].where(applies)
    return frame


def geometry_feature_table() -> "pd.DataFrame":
    """One row per descriptor: name, unit, group, kind, definition, source."""
    import pandas as pd

    return pd.DataFrame([asdict(f) for f in FEATURES])
