"""The bits of the applicability domain, and which part of a candidate a feature describes."""

from collections.abc import Iterable, Mapping
from enum import IntFlag
from types import MappingProxyType

from sacml.domain.shells import format_counts

PARTS = ("metal", "shell", "host", "alkali", "modifier", "conditions")
"""What a model may read."""

_READS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "metal_": ("metal",),
        "shell_": ("shell",),
        "host_": ("host",),
        "alkali_": ("alkali",),
        "mod_class_": ("modifier",),
        "mod_active_": ("metal", "modifier"),  # the active element of a site is its metal
        "cond_": ("conditions",),
        "pair_metal_alkali_": ("metal", "alkali"),
        "pair_shell_alkali_": ("shell", "alkali"),
        "pair_host_alkali_": ("host", "alkali"),
        "pair_active_alkali_": ("metal", "modifier", "alkali"),
        "pair_": ("metal", "shell"),
    }
)
"""Start of a feature's name -> what it describes; the first that fits counts."""


class Flag(IntFlag):
    """What is unusual about a candidate, one bit each."""

    METAL = 1
    TWO_CENTRES = 2
    CONTROL = 4
    SHELL = 8
    SURROUNDINGS = 16
    HOST = 32
    ALKALI = 64
    MODIFIER = 128
    OUT_OF_RANGE = 256
    NEW_WORD = 512
    NEVER_UNSTATED = 1024
    UNSTATED = 2048
    UNKNOWN_SHELL = 4096
    INFINITE = 8192
    NEAR_METAL = 16384
    DISTANCE = 32768
    LEVERAGE = 65536
    SPREAD = 131072


RULES: Mapping[str, Flag] = MappingProxyType(
    {
        "metal": Flag.METAL | Flag.TWO_CENTRES | Flag.CONTROL,
        "shell": Flag.SHELL | Flag.SURROUNDINGS,
        "host": Flag.HOST,
        "alkali": Flag.ALKALI,
        "modifier": Flag.MODIFIER,
        "conditions": Flag.OUT_OF_RANGE | Flag.NEW_WORD | Flag.NEVER_UNSTATED,
    }
)
"""Part of a candidate -> bits that are about it."""

MEASURED = Flag.DISTANCE | Flag.LEVERAGE | Flag.SPREAD
"""Bits about the descriptors that the model reads, and about the model: they always count."""


def parts_read(feature_names: Iterable[str]) -> frozenset[str]:
    """Name the parts of a candidate that these features describe."""
    return frozenset(
        part
        for name in feature_names
        for part in next((parts for k, parts in _READS.items() if name.startswith(k)), ())
    )


def surroundings_text(axial: Iterable[str], second: Iterable[tuple[str, int]]) -> str:
    """Write axial ligands and second-shell dopants as in a site, e.g. ``+OH~S1``."""
    counts = tuple(second)
    return "".join(f"+{a}" for a in axial) + (f"~{format_counts(counts)}" if counts else "")
