"""Every setting of the protocol that a label depends on, with units and a digest."""

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sacml.errors import SacmlError, unknown
from sacml.structures import BuildOptions

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Mesh = tuple[Count, Count, Count]
Scalar = str | int | float | bool

INPUT_CODES = ("vasp", "espresso", "cp2k")
"""Programs that inputs are written for and that run elsewhere."""


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
        Monkhorst-Pack grids of the single point that gives the energy, and of the relaxation.
    scf_tries, retry_tries
        Attempts in order; the second list serves a task that is run again after it failed.
    energy_convergence_eV, density_convergence, relax_density_convergence, eigenstates_eV2
        SCF criteria as GPAW defines them (energy: eV per valence electron; density: electrons per
        valence electron; eigenstates: eV^2 per valence electron).
    extra_bands
        Empty bands.
    fmax_eV_A, max_steps, max_step_A
        End of the relaxation, its largest number of steps, and the farthest an atom moves in one.
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
    prerelax: bool = True
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
        kind, *path = engine.split(":")
        if kind == "ase" and len(path) == 2 and all(path):
            return engine
        raise ValueError(
            f"unknown engine {engine!r}: write gpaw, {', '.join(INPUT_CODES)}, or "
            "ase:MODULE:CLASS, e.g. ase:ase.calculators.emt:EMT"
        )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.engine_options and not self.engine.startswith("ase:"):
            raise ValueError(f"engine_options are for ase:MODULE:CLASS, not for {self.engine!r}")
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
        text = json.dumps(values, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def level_of_theory(self) -> str:
        """The level as it stands in records, e.g. ``GPAW-PW340/PBE``."""
        if self.engine.startswith("ase:"):
            return f"ASE-{self.engine.rpartition(':')[2]}"
        if self.engine == "gpaw":
            basis = f"PW{self.ecut_eV:g}" if self.mode == "pw" else f"LCAO-{self.basis}"
            return f"GPAW-{basis}/{self.xc}"
        return f"{self.engine.upper()}/{self.xc}"

    def tries(self, attempt: int = 0) -> tuple[ScfTry, ...]:
        """SCF tries of the first run of a task (0) or of a run after a failure (1, 2, ...)."""
        return self.retry_tries if attempt else self.scf_tries

    def build_options(self) -> BuildOptions:
        """Options of the structure builder that belong to these settings."""
        return BuildOptions(
            repeat=self.repeat, vacuum_A=self.vacuum_A, sheet_height_A=self.sheet_height_A,
            prerelax=self.prerelax,
        )  # fmt: skip


TINY: dict[str, Any] = {
    "name": "tiny",
    "ecut_eV": 150.0,
    "kpts": (1, 1, 1),
    "max_steps": 2,
    "atom_box_A": (6.0, 6.1, 6.2),
    "bulk_kpts": (3, 3, 3),
    "energy_convergence_eV": 1e-3,
    "density_convergence": 1e-2,
    "relax_density_convergence": 1e-2,
    "eigenstates_eV2": 1e-3,
    "atom_density_convergence": 1e-2,
    "atom_eigenstates_eV2": 1e-3,
}
"""Settings for tests: seconds instead of minutes, energies without meaning."""

PRESETS: dict[str, dict[str, Any]] = {"pbe-pw340": {}, "tiny": TINY}


def preset(name: str) -> ProtocolSettings:
    """Settings by name: ``pbe-pw340`` (the protocol) or ``tiny`` (tests)."""
    if name not in PRESETS:
        raise unknown("protocol preset", name, list(PRESETS))
    return ProtocolSettings.from_dict(PRESETS[name])
