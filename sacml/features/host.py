"""Descriptors of the host: kind, composition, junction, termination, curvature of a nanotube."""

import math
import re

from sacml.domain.hosts import Host
from sacml.features import elemental as el
from sacml.features.feature import Block, Feature, one_hots

KINDS = (
    "carbon", "nitride_carbon", "framework", "mxene", "sulfide", "metal", "alloy", "oxide",
    "nitride", "phosphide", "polymer", "other", "user",
)  # fmt: skip
"""Families of the host vocabulary, and the names of its classes of materials."""
TERMINATIONS = ("O", "F", "Cl", "OH")
AVERAGES = (el.ELECTRONEGATIVITY, el.RADIUS, el.VALENCE)
_TOKEN = re.compile(r"([A-Z][a-z]?)(\d*)")

FEATURES = (
    *one_hots("host_kind", KINDS, "host", "the kind of the host that carries the site",
              "host vocabulary: family, or name of a class of materials"),
    Feature("host_composition_known", "1", "host", "mask",
            "1 where the host has a defined formula", "host vocabulary: formula"),
    Feature("host_fraction_c", "1", "host", "value",
            "fraction of C atoms in the bare host; known where host_composition_known",
            "host vocabulary: formula"),
    Feature("host_fraction_n", "1", "host", "value",
            "fraction of N atoms in the bare host; known where host_composition_known",
            "host vocabulary: formula"),
    *(
        Feature(p.name("host", "mean"), p.unit, "host", "value",
                f"{p.words}, mean over the atoms of the bare host; known where "
                "host_composition_known", p.source)
        for p in AVERAGES
    ),
    Feature("host_is_junction", "1", "host", "one_hot",
            "1 where the host is a junction of several (a|b)", "notation: host"),
    Feature("host_termination_applicable", "1", "host", "mask",
            "1 where the host's surface carries terminations", "host vocabulary: terminations"),
    Feature("host_termination_known", "1", "host", "mask",
            "1 where the termination is stated", "notation: T="),
    *one_hots("host_termination", TERMINATIONS, "host", "the stated termination", "notation: T="),
    Feature("host_curvature_applicable", "1", "host", "mask",
            "1 for a nanotube", "host vocabulary: chirality"),
    Feature("host_curvature_known", "1", "host", "mask",
            "1 for a nanotube whose (n,m) is stated", "notation: (n,m)"),
    Feature("host_curvature", "1", "host", "value",
            "lattice constant of the unrolled sheet over the tube's diameter; known where "
            "host_curvature_known", "formula: pi / sqrt(n^2 + n m + m^2), a sheet rolled up along "
            "(n,m)"),
)  # fmt: skip


def formula_atoms(formula: str) -> dict[str, int]:
    """Read a formula of elements with counts, e.g. ``C20H8N8``."""
    return {symbol: int(number or 1) for symbol, number in _TOKEN.findall(formula)}


def _row(host: Host) -> dict[str, float]:
    part, kind = host.parts[0], host.type
    row = {
        f"host_kind_{kind.name if kind.family == 'class' else kind.family}": 1.0,
        "host_is_junction": float(len(host.parts) > 1),
        "host_termination_applicable": float(bool(kind.terminations)),
        "host_curvature_applicable": float(kind.chirality),
    }
    if kind.formula is not None:
        atoms = formula_atoms(kind.formula)
        symbols = [s for s, n in atoms.items() for _ in range(n)]
        row |= {
            "host_composition_known": 1.0,
            "host_fraction_c": atoms.get("C", 0) / len(symbols),
            "host_fraction_n": atoms.get("N", 0) / len(symbols),
        }
        row |= {p.name("host", "mean"): float(p.of(symbols).mean()) for p in AVERAGES}
    if part.termination is not None:
        row |= {"host_termination_known": 1.0, f"host_termination_{part.termination.lower()}": 1.0}
    if part.chirality is not None:
        n, m = part.chirality
        row |= {
            "host_curvature_known": 1.0,
            "host_curvature": math.pi / math.sqrt(n * n + n * m + m * m),
        }
    return row


BLOCK = Block(FEATURES, _row)
"""Component: a `Host`."""
