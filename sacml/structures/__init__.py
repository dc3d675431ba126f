"""Structures: a candidate as atoms, with its places for an alkali, its checks and its id."""

from sacml.structures.alkali import NoPlaceError, Place, add_alkali, places
from sacml.structures.build import build, build_many
from sacml.structures.checks import check, coordination, problems
from sacml.structures.ids import content_id
from sacml.structures.isomers import arrangements, isomer_of
from sacml.structures.moments import START_MOMENTS_MU_B, starting_moments
from sacml.structures.options import BuildOptions
from sacml.structures.registry import HostBuilder, builders, host_builder, stand_ins
from sacml.structures.structure import RawSite, Structure, StructureError
from sacml.structures.symmetry import equivalent

__all__ = [
    "START_MOMENTS_MU_B",
    "BuildOptions",
    "HostBuilder",
    "NoPlaceError",
    "Place",
    "RawSite",
    "Structure",
    "StructureError",
    "add_alkali",
    "arrangements",
    "build",
    "build_many",
    "builders",
    "check",
    "content_id",
    "coordination",
    "equivalent",
    "host_builder",
    "isomer_of",
    "places",
    "problems",
    "stand_ins",
    "starting_moments",
]
