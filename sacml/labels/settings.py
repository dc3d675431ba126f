"""Every setting of the protocol that a label depends on, with units and a digest."""

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sacml.errors import SacmlError, unknown
from sacml.labels.levels import CHGNET, calculator_path, level_of_theory
from sacml.structures import BuildOptions

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Mesh = tuple[Count, Count, Count]
Scalar = str | int | float | bool

INPUT_CODES = ("vasp", "espresso", "cp2k")
"""Programs that inputs are written for and that run elsewhere."""
LATER: dict[str, Any] = {
    "prerelax_options": {}, "prerelax_fmax_eV_A": 0.05, "prerelax_max_steps": 80,
}  # fmt: skip
"""Fields younger than the first labels: left out of the digest where they say what was done then,
so that the digest of those labels holds."""
OLD_WORDS = {"springs": True, "none": False}
"""``prerelax`` as the digest of the first labels has it."""


class SettingsError(SacmlError, ValueError):
    """Settings of a protocol cannot be used as given."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ScfTry(_Frozen):
    """One attempt at self-consistency: density mixing and width of the occupations."""

    beta: Annotated[float, Field(gt=0, le=1)]
    width_eV: Positive = 0.1
    history: Count = 5
    weight: Positive = 50.0
    max_iterations: Count = 70


class ProtocolSettings(_Frozen):
    """What a label depends on; two labels compare only where the digests are equal.

    The defaults are those of the bundled campaign (datasets/dft), which tells how each was tested.

    Attributes
    ----------
    engine
        ``gpaw``; ``ase:MODULE:CLASS`` for an ASE calculator; or one of `INPUT_CODES`.
    engine_options
        Keyword arguments of the ASE calculator.
    mode, ecut_eV, basis, grid_spacing_A
        Plane waves up to a cutoff in eV, or LCAO with a basis on a grid of a spacing in Angstrom.
    kpts, relax_kpts
        Monkhorst-Pack grids of the single point that gives the energy, and of the relaxation, in
        the 4x4 graphene cell; another cell gets as dense a one (`sacml.labels.meshes`).
    scf_tries, retry_tries
        Attempts in order; the second list serves a task that is run again after it failed.
    energy_convergence_eV, density_convergence, relax_density_convergence, eigenstates_eV2
        SCF criteria as GPAW defines them (energy: eV per valence electron; density: electrons per
        valence electron; eigenstates: eV^2 per valence electron).
    extra_bands
        Empty bands.
    fmax_eV_A, max_steps, max_step_A
        End of the relaxation, its largest number of steps, and the farthest an atom moves in one.
        With 0 steps the engine relaxes nothing: the pre-relaxed geometry is the final one.
    prerelax, prerelax_options, prerelax_fmax_eV_A, prerelax_max_steps
        What moves the atoms of a bare site before the engine does: ``springs`` (bond springs of
        the builder), ``none`` (ideal lattice), ``chgnet``, or any ASE calculator by its path
        ``ase:MODULE:CLASS`` with its keyword arguments; the latter two start from the springs.
        Where ``max_steps`` is 0 the site with its alkali is pre-relaxed too.
    starts
        Places of the alkali that are tried per (site, alkali), in the builder's order.
    atom_*
        Isolated atoms: box in Angstrom, widths tried in order (eV), mixing, iterations.
    bulk_kpts, bulk_scales
        Grid of the cubic bulk metals, and lattice constants tried as multiples of the start.
    """

    name: str = "pbe-pw340"
    engine: str = "gpaw"
    engine_options: dict[str, Scalar] = Field(default_factory=dict)
    mode: Literal["pw", "lcao"] = "pw"
    ecut_eV: Positive = 340.0
    basis: str = "dzp"
    grid_spacing_A: Positive = 0.2
    xc: str = "PBE"
    kpts: Mesh = (2, 2, 1)
    relax_kpts: Mesh = (1, 1, 1)
    scf_tries: Annotated[tuple[ScfTry, ...], Field(min_length=1)] = (
        ScfTry(beta=0.1), ScfTry(beta=0.04), ScfTry(beta=0.04, width_eV=0.2),
    )  # fmt: skip
    retry_tries: Annotated[tuple[ScfTry, ...], Field(min_length=1)] = (
        ScfTry(beta=0.02, max_iterations=200),
        ScfTry(beta=0.02, width_eV=0.2, max_iterations=200),
    )
    energy_convergence_eV: Positive = 5e-5
    density_convergence: Positive = 3e-4
    relax_density_convergence: Positive = 5e-4
    eigenstates_eV2: Positive = 1e-5
    extra_bands: Count = 10
    dipole_correction: bool = True
    fmax_eV_A: Positive = 0.15
    max_steps: Annotated[int, Field(ge=0)] = 16
    max_step_A: Positive = 0.15
    prerelax: str = "springs"
    prerelax_options: dict[str, Scalar] = Field(default_factory=dict)
    prerelax_fmax_eV_A: Positive = 0.05
    prerelax_max_steps: Count = 80
    repeat: tuple[Count, Count] | None = None
    vacuum_A: Positive = 13.0
    sheet_height_A: Positive = 4.0
    starts: Count = 2
    atom_box_A: tuple[Positive, Positive, Positive] = (12.0, 12.3, 12.1)
    atom_widths_eV: Annotated[tuple[Positive, ...], Field(min_length=1)] = (0.02, 0.1)
    atom_beta: Positive = 0.05
    atom_max_iterations: Count = 150
    atom_density_convergence: Positive = 5e-4
    atom_eigenstates_eV2: Positive = 1e-6
    bulk_kpts: Mesh = (10, 10, 10)
    bulk_scales: Annotated[tuple[Positive, ...], Field(min_length=4)] = (
        0.97, 0.985, 1.0, 1.015, 1.03,
    )  # fmt: skip

    @field_validator("engine")
    @classmethod
    def _known_engine(cls, engine: str) -> str:
        if engine == "gpaw" or engine in INPUT_CODES:
            return engine
        if engine.startswith("ase:") and calculator_path(engine):
            return engine
        raise ValueError(
            f"unknown engine {engine!r}: write gpaw, {', '.join(INPUT_CODES)}, or "
            "ase:MODULE:CLASS, e.g. ase:ase.calculators.emt:EMT"
        )

    @field_validator("prerelax", mode="before")
    @classmethod
    def _known_prerelax(cls, word: Any) -> Any:
        if isinstance(word, bool):  # folders of before there were more than two ways
            return next(new for new, old in OLD_WORDS.items() if old is word)
        if word in (*OLD_WORDS, CHGNET) or (isinstance(word, str) and calculator_path(word)):
            return word
        raise ValueError(
            f"unknown pre-relaxation {word!r}: write {', '.join(OLD_WORDS)}, {CHGNET}, or "
            "ase:MODULE:CLASS"
        )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.engine_options and not self.uses_ase:
            raise ValueError(f"engine_options are for ase:MODULE:CLASS, not for {self.engine!r}")
        if self.prerelax_options and not self.prerelax_path:
            raise ValueError(f"prerelax_options are for a calculator, not for {self.prerelax!r}")
        if list(self.bulk_scales) != sorted(set(self.bulk_scales)):
            raise ValueError("bulk_scales: write each once, from small to large")
        self.build_options()
        return self

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "ProtocolSettings":
        """Check values by name; all problems are told at once."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            lines = []
            for problem in error.errors():
                where = ".".join(map(str, problem["loc"])) or "settings"
                if problem["type"] == "extra_forbidden":
                    lines.append(str(unknown("setting", where, list(cls.model_fields))))
                else:
                    said = problem["msg"].removeprefix("Value error, ")
                    if problem["type"] == "missing":  # of a list with a fixed length
                        where, said = where.rpartition(".")[0], "values are missing"
                    lines.append(f"{where}: {said}, given {problem['input']!r}")
            raise SettingsError("bad protocol settings\n  " + "\n  ".join(lines)) from None

    def to_dict(self) -> dict[str, Any]:
        """Plain values; ``from_dict`` of them gives equal settings."""
        return self.model_dump(mode="json")

    @classmethod
    def from_toml(cls, path: str | Path) -> "ProtocolSettings":
        """Read a file whose top level, or table ``[protocol]``, holds settings by name.

        ``preset`` names one of `PRESETS` to start from.
        """
        try:
            table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"cannot read settings from {path}: {error}") from None
        return cls.from_table(table.get("protocol", table))

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> "ProtocolSettings":
        """Check the table of a TOML file; ``preset`` in it names what to start from."""
        from sacml.labels.presets import preset

        given = dict(table)
        return cls.from_dict(preset(given.pop("preset", "pbe-pw340")).to_dict() | given)

    def to_toml(self) -> str:
        """Text of a TOML file with every setting; what is None is left out."""
        import tomlkit

        return tomlkit.dumps({k: v for k, v in self.to_dict().items() if v is not None})

    @property
    def digest(self) -> str:
        """16 hexadecimal digits over every setting but the name."""
        values = {k: v for k, v in self.to_dict().items() if k != "name"}
        values = {k: v for k, v in values.items() if k not in LATER or v != LATER[k]}
        values["prerelax"] = OLD_WORDS.get(self.prerelax, self.prerelax)
        text = json.dumps(values, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def level_of_theory(self) -> str:
        """The level as it stands in records, e.g. ``GPAW-PW340/PBE``."""
        return level_of_theory(self)

    @property
    def uses_ase(self) -> bool:
        """Whether the engine is an ASE calculator: cheap, and for practice."""
        return self.engine.startswith("ase:")

    @property
    def prerelax_path(self) -> str | None:
        """``MODULE:CLASS`` of the calculator that pre-relaxes; None where the builder does."""
        return calculator_path(self.prerelax)

    def tries(self, attempt: int = 0) -> tuple[ScfTry, ...]:
        """SCF tries of the first run of a task (0) or of a run after a failure (1, 2, ...)."""
        return self.retry_tries if attempt else self.scf_tries

    def build_options(self) -> BuildOptions:
        """Options of the structure builder that belong to these settings."""
        return BuildOptions(
            repeat=self.repeat, vacuum_A=self.vacuum_A, sheet_height_A=self.sheet_height_A,
            prerelax=self.prerelax != "none",
        )  # fmt: skip
