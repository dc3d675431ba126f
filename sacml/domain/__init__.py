"""The words of the field: elements, sites, hosts, conditions, targets, candidates."""

from sacml.domain.candidates import Candidate
from sacml.domain.conditions import STANDARD, Conditions
from sacml.domain.elements import ALKALI, METALS, element
from sacml.domain.hosts import Host, HostType, host_type, host_types
from sacml.domain.modifiers import MODIFIER_CLASSES, Modifier
from sacml.domain.shells import Shell
from sacml.domain.sites import Site
from sacml.domain.targets import BOUNDS, PRIMARY, REFERENCES, TARGETS, Target, target

__all__ = [
    "ALKALI",
    "BOUNDS",
    "METALS",
    "MODIFIER_CLASSES",
    "PRIMARY",
    "REFERENCES",
    "STANDARD",
    "TARGETS",
    "Candidate",
    "Conditions",
    "Host",
    "HostType",
    "Modifier",
    "Shell",
    "Site",
    "Target",
    "element",
    "host_type",
    "host_types",
    "target",
]
