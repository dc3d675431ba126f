"""Descriptors of the first coordination shell: size, composition, averages, isomer."""

import numpy as np

from sacml.domain.shells import ISOMERS, Shell
from sacml.errors import NotationError
from sacml.features import elemental as el
from sacml.features.feature import Block, Feature, one_hots

SINGLED_OUT = ("N", "C", "O", "S", "P", "B")
HALOGENS = ("F", "Cl", "Br", "I")
STATISTICS = (
    (el.ELECTRONEGATIVITY, "mean"), (el.ELECTRONEGATIVITY, "min"), (el.ELECTRONEGATIVITY, "max"),
    (el.RADIUS, "mean"), (el.RADIUS, "min"), (el.RADIUS, "max"), (el.VALENCE, "mean"),
)  # fmt: skip

FEATURES = (
    Feature("shell_applicable", "1", "shell", "mask",
            "1 where there is a first shell; 0 for a bare host, whose shell_ values are then 0 and "
            "mean nothing", "notation: shell"),
    Feature("shell_coordination_number", "1", "shell", "value",
            "number of neighbours in the first shell, shared by the centres of a dual site",
            "notation: shell"),
    *(
        Feature(f"shell_fraction_{s.lower()}", "1", "shell", "value",
                f"fraction of the neighbours that are {s}", "notation: shell")
        for s in SINGLED_OUT
    ),
    Feature("shell_fraction_halogen", "1", "shell", "value",
            "fraction of the neighbours that are F, Cl, Br or I", "notation: shell"),
    Feature("shell_fraction_other", "1", "shell", "value",
            "fraction of the neighbours that are any other element, e.g. Mo or Se",
            "notation: shell"),
    *(
        Feature(p.name("shell", stat), p.unit, "shell", "value",
                f"{p.words}, {stat} over the neighbours; applies where shell_applicable", p.source)
        for p, stat in STATISTICS
    ),
    Feature("shell_isomer_applicable", "1", "shell", "mask",
            "1 where the shell can be arranged in more than one way (four or more neighbours, not "
            "all but one alike), or an isomer is stated", "notation: shell"),
    Feature("shell_isomer_known", "1", "shell", "mask",
            "1 where the isomer is stated", "notation: qualifier"),
    *one_hots("shell_isomer", ISOMERS, "shell", "the stated isomer", "notation: qualifier"),
)  # fmt: skip


def has_isomers(shell: Shell) -> bool:
    """Whether a known shell can be arranged in more than one way around its centre."""
    numbers = sorted((n or 0 for _, n in shell.counts), reverse=True)
    return sum(numbers) >= 4 and sum(numbers[1:]) >= 2


def _row(shell: Shell | None) -> dict[str, float]:
    if shell is None:
        return {}
    if not shell.is_known:
        raise NotationError(
            f"shell {shell} is not known, so it has no descriptors; call "
            "CandidateTable.resolve_shells() first"
        )
    symbols = [s for s, n in shell.counts for _ in range(n or 0)]
    size = len(symbols)
    row = {"shell_applicable": 1.0, "shell_coordination_number": float(size)}
    for symbol, number in shell.counts:
        if symbol in SINGLED_OUT:
            name = f"shell_fraction_{symbol.lower()}"
        else:
            name = "shell_fraction_" + ("halogen" if symbol in HALOGENS else "other")
        row[name] = row.get(name, 0.0) + (number or 0) / size
    for prop, stat in STATISTICS:
        row[prop.name("shell", stat)] = float(getattr(np, stat)(prop.of(symbols)))
    if shell.isomer is not None:
        row |= {"shell_isomer_known": 1.0, f"shell_isomer_{shell.isomer}": 1.0}
    row["shell_isomer_applicable"] = float(shell.isomer is not None or has_isomers(shell))
    return row


BLOCK = Block(FEATURES, _row)
"""Component: a known `Shell`, or None for a bare host."""
