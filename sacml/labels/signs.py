"""Signs and references of every energy difference, in one place.

::

    E_atom(A) = E(site+A) - E(site) - E(A, isolated atom)        negative: bound
    E_mean(A) = [E(site+nA) - E(site)] / n - E(A, isolated atom)  per atom of n on one site
    E_coh(A)  = E(A, isolated atom) - E(A, bulk, per atom)       positive
    E_bulk(A) = E(site+A) - E(site) - E(A, bulk) = E_atom(A) + E_coh(A)
                                                 positive: plating of bulk A is preferred
    relative  = E_atom(site) - E_atom(@graphene)                 independent of the reference state
    stability = E(site) - E(empty site) - sum of E(M, bulk)      negative: the metal stays
    E_metal   = E(site) - E(empty site) - E(M, isolated atom)    negative: bound; says nothing of
                                                 clustering, which `stability` is about

Source: PROTOCOL.md of the bundled campaign (datasets/dft/README.md). All energies of a difference
come from one protocol. An experimental energy, such as a tabulated cohesive energy, is refused:
PBE misses it by as much as the differences between sites.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from sacml.errors import MixedReferenceError
from sacml.labels.task import LabelError, TaskResult

EXPERIMENT = "experiment"


@dataclass(frozen=True, slots=True)
class Energy:
    """A total energy in eV with the level it was computed at.

    Attributes
    ----------
    level
        Level of theory, or `EXPERIMENT`.
    settings
        Digest of the protocol's settings.
    what
        Key of the calculation, for messages.
    """

    value_eV: float
    level: str
    settings: str
    what: str = ""

    def __post_init__(self) -> None:
        if not isfinite(self.value_eV):
            raise LabelError(f"the energy of {self.what or '?'} is {self.value_eV}, no number")

    @classmethod
    def of(cls, result: TaskResult) -> "Energy":
        """Energy of a finished task."""
        if result.energy_eV is None or not result.ok:
            raise LabelError(f"{result.key} has no energy: {result.reason}")
        return cls(result.energy_eV, result.level_of_theory, result.settings_digest, result.key)


def same_level(*energies: Energy) -> None:
    """Raise `MixedReferenceError` where energies may not be subtracted from each other."""
    measured = [e.what or "?" for e in energies if e.level == EXPERIMENT]
    if measured:
        raise MixedReferenceError(
            f"{', '.join(measured)}: an experimental energy is not put together with "
            "computed ones; compute the reference with the same protocol"
        )
    if len({(e.level, e.settings) for e in energies}) > 1:
        said = "; ".join(f"{e.what or '?'}: {e.level}, settings {e.settings}" for e in energies)
        raise MixedReferenceError(
            f"energies of different levels or settings are not subtracted ({said}); compute all "
            "with one protocol"
        )


def binding(site_alkali: Energy, site: Energy, reference: Energy) -> float:
    """Binding energy in eV against the reference: isolated atom, or bulk metal per atom."""
    same_level(site_alkali, site, reference)
    return site_alkali.value_eV - site.value_eV - reference.value_eV


def mean_binding(site_alkali: Energy, site: Energy, reference: Energy, count: int) -> float:
    """Binding energy per alkali atom of `count` atoms on one site, in eV."""
    same_level(site_alkali, site, reference)
    return (site_alkali.value_eV - site.value_eV) / count - reference.value_eV


def cohesive(atom: Energy, bulk: Energy) -> float:
    """Cohesive energy in eV per atom, positive."""
    same_level(atom, bulk)
    return atom.value_eV - bulk.value_eV


def metal_binding(site: Energy, empty: Energy, atom: Energy) -> float:
    """Binding energy of the metal atom to its empty site in eV, against the isolated atom.

    Not to be set against a tabulated cohesive energy: with the computed one it is the stability.
    """
    return binding(site, empty, atom)


def metal_stability(site: Energy, empty: Energy, metals: Sequence[Energy]) -> float:
    """Energy of the metal in its site against a reference of each metal, in eV; negative: stays."""
    if not metals:
        raise LabelError(f"{site.what}: a site without metal has no stability of it")
    same_level(site, empty, *metals)
    return site.value_eV - empty.value_eV - sum(m.value_eV for m in metals)
