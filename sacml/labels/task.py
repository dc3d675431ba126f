"""A task of a campaign and its result; both go through JSON text unchanged."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import quote, unquote

from pydantic import Field, field_validator, model_validator

from sacml.domain.candidates import check_alkali
from sacml.domain.elements import element
from sacml.domain.sites import Site
from sacml.labels.textual import LabelError, Textual

if TYPE_CHECKING:
    from ase import Atoms

Kind = Literal["atom", "bulk", "site", "adsorption", "loading", "single_point"]
RELAXED: tuple[Kind, ...] = ("site", "adsorption", "loading")
"""Kinds whose atoms move."""
FAILURES = (
    "missing_program", "missing_setups", "bad_input", "no_place", "needs", "scf", "exploded",
    "no_minimum", "time_out", "memory", "killed", "crashed", "disk", "waiting",
)  # fmt: skip
"""Why a task failed: words a retry rule can decide on; `TaskResult.reason` says it in full."""
Failure = Literal[
    "missing_program", "missing_setups", "bad_input", "no_place", "needs", "scf", "exploded",
    "no_minimum", "time_out", "memory", "killed", "crashed", "disk", "waiting",
]  # fmt: skip
RETRIED = ("scf", "exploded", "no_minimum", "time_out", "memory", "killed", "crashed")
"""Failures that another run with gentler settings or a higher limit may mend."""

_SAFE = "@+=(),-.~ "


class Inputs(Textual):
    """What a task computes: a request to the builder, or a structure.

    Attributes
    ----------
    site, alkali, place, count
        The request; ``place`` is a name of `sacml.structures.places`. Of a loading: the number of
        alkali atoms, and a word of `sacml.labels.several.FACES` for the place.
    element
        Symbol of the isolated atom or bulk metal.
    centre_moment_muB
        Starting moment on each centre instead of the table's.
    structure
        extxyz text; filled in by `sacml.labels.prepare` from the request where it is None.
    kpts, ecut_eV
        Instead of those of the settings, for single points that test them.
    """

    site: str | None = None
    alkali: str | None = None
    place: str | None = None
    count: Annotated[int, Field(ge=2)] | None = None
    element: str | None = None
    centre_moment_muB: float | None = None
    structure: str | None = None
    kpts: tuple[int, int, int] | None = None
    ecut_eV: float | None = None

    @field_validator("site")
    @classmethod
    def _site(cls, text: str | None) -> str | None:
        return None if text is None else str(Site.parse(text))

    @field_validator("alkali")
    @classmethod
    def _alkali(cls, symbol: str | None) -> str | None:
        return None if symbol is None else check_alkali(symbol)

    @field_validator("element")
    @classmethod
    def _element(cls, symbol: str | None) -> str | None:
        return None if symbol is None else element(symbol).symbol


class Task(Textual):
    """One calculation.

    Attributes
    ----------
    key
        Readable and stable: ``atom/Li``, ``bulk/Li``, ``site/Co-N4@graphene``,
        ``ads/Co-N4@graphene/Li/ring6``, with ``/m0.0`` behind it for a start moment of one's own.
    needs
        Keys whose results have to be there first.
    settings_digest
        Digest of the `ProtocolSettings` the task belongs to.
    priority
        Smaller runs first.
    """

    key: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Kind
    inputs: Inputs
    needs: tuple[str, ...] = ()
    settings_digest: str
    priority: int = 0

    @model_validator(mode="after")
    def _complete(self) -> Self:
        given = self.inputs
        asked = {
            "atom": given.element,
            "bulk": given.element,
            "site": given.site,
            "adsorption": given.site and given.alkali and given.place,
            "loading": given.site and given.alkali and given.place and given.count,
            "single_point": self.needs,
        }[self.kind]
        if not (given.structure or asked):
            raise ValueError(f"the inputs of task {self.key!r} do not say what to compute")
        if self.key in self.needs:
            raise ValueError(f"task {self.key!r} needs itself")
        return self

    @property
    def file_name(self) -> str:
        """The key as the name of a file or folder; `key_of` reads it back."""
        return quote(self.key, safe=_SAFE)

    def with_structure(self, atoms: "Atoms") -> "Task":
        """Return the task with its starting structure written into it."""
        inputs = self.inputs.model_copy(update={"structure": to_extxyz(atoms)})
        return self.model_copy(update={"inputs": inputs})

    def atoms(self) -> "Atoms":
        """Starting structure with its starting moments."""
        if self.inputs.structure is None:
            raise LabelError(f"task {self.key!r} holds no structure yet: call prepare first")
        return from_extxyz(self.inputs.structure)


class TaskResult(Textual):
    """What became of a task; energies in eV, lengths in Angstrom, moments in Bohr magnetons.

    Attributes
    ----------
    failure, reason
        Word of `FAILURES` and a sentence; None for status ``ok``.
    energy_eV, free_energy_eV
        Extrapolated to zero width, and the free energy that the forces belong to. Of an
        elementary metal: per atom.
    max_force_eV_A, relax_max_force_eV_A
        Largest force on an atom in the single point, and at the end of the relaxation.
    geometry
        extxyz text of the final structure with forces and moments; for a failed relaxation the
        last frame.
    geometry_converged
        None where nothing was relaxed.
    width_eV, scf_try
        Width used for the energy and which SCF try gave it (0 is the first).
    charges_e, charges_method
        Charge of each atom (positive: electrons lost) and how it is defined.
    lattice_A, curve
        Of a bulk metal: lattice constant at the minimum, and (constant, eV per atom) as computed.
    peak_memory_MB, cpu_s
        Largest resident memory of the worker, and processor time of its last run; `timings_s` are
        times of the wall clock.
    prerelaxed
        What moved the atoms before the engine did: calculator, its version, steps, largest force
        left (eV/A) and farthest move of an atom (A); None where only the builder did.
    started_from_frame
        Frames that an earlier, interrupted run had left.
    """

    key: str
    kind: Kind
    status: Literal["ok", "failed"]
    settings_digest: str
    level_of_theory: str
    failure: Failure | None = None
    reason: str | None = None
    attempt: int = 0
    energy_eV: float | None = None
    free_energy_eV: float | None = None
    max_force_eV_A: float | None = None
    relax_max_force_eV_A: float | None = None
    geometry_converged: bool | None = None
    steps: int | None = None
    moment_muB: float | None = None
    moments_muB: tuple[float, ...] | None = None
    charges_e: tuple[float, ...] | None = None
    charges_method: str | None = None
    width_eV: float | None = None
    scf_try: int | None = None
    scf_iterations: int | None = None
    geometry: str | None = None
    lattice_A: float | None = None
    curve: tuple[tuple[float, float], ...] = ()
    started_from_frame: int = 0
    peak_memory_MB: float | None = None
    cpu_s: float | None = None
    prerelaxed: dict[str, str | float] | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    timings_s: dict[str, float] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.status == "ok" and self.energy_eV is None:
            raise ValueError(f"result {self.key!r} is ok but has no energy")
        if self.status == "failed" and not (self.failure and self.reason):
            raise ValueError(f"result {self.key!r} failed without a reason")
        return self

    @classmethod
    def failed(
        cls, task: Task, failure: Failure, reason: str, level_of_theory: str = "none", **more: Any
    ) -> "TaskResult":
        """Return the result of a task that gave no energy."""
        return cls(
            key=task.key, kind=task.kind, status="failed", settings_digest=task.settings_digest,
            level_of_theory=level_of_theory, failure=failure, reason=reason, **more,
        )  # fmt: skip

    @property
    def ok(self) -> bool:
        """Whether there is an energy."""
        return self.status == "ok"

    def atoms(self) -> "Atoms":
        """Final structure with the arrays ``forces_eV_A`` and ``moments_muB``."""
        if self.geometry is None:
            raise LabelError(f"result {self.key!r} holds no structure")
        return from_extxyz(self.geometry)


def key_of(file_name: str) -> str:
    """Read a key back from `Task.file_name`."""
    return unquote(file_name)


def to_extxyz(atoms: "Atoms") -> str:
    """Write positions, cell, periodicity, info and per-atom arrays as text."""
    from sacml.labels.extxyz import write_text

    return write_text(atoms)


def from_extxyz(text: str) -> "Atoms":
    """Read `to_extxyz`."""
    from sacml.labels.extxyz import read_text

    return read_text(text)


__all__ = [
    "FAILURES",
    "RETRIED",
    "Failure",
    "Inputs",
    "Kind",
    "LabelError",
    "Task",
    "TaskResult",
    "from_extxyz",
    "key_of",
    "to_extxyz",
]
