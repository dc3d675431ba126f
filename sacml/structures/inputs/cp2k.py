"""CP2K: inputs of the relaxation and of the single point (GPW, Gaussian basis)."""

import numpy as np
from ase import units

from sacml.structures.inputs.protocol import CITATION, Job, Settings, remarks

_NOTES = (
    "Same as there: functional, occupations, start moments, dipole correction, force at the end.",
    "Not the same: Gaussian basis DZVP-MOLOPT-SR-GTH and GTH pseudopotentials instead of plane "
    "waves and PAW. Binding energies then carry a basis-set superposition error: correct it.",
    "Names without -qN take the default of the data files; some elements need the -qN written.",
    "In the protocol's comparison of codes this setting did not converge for Co-N4 in 60 SCF steps "
    "at the Gamma point: expect to work on the mixing.",
)


def files(job: Job, settings: Settings) -> dict[str, str]:
    """File name -> content."""
    return {
        "1_relax.inp": _inp(job, settings, relax=True),
        "2_single_point.inp": _inp(job, settings, relax=False),
    }


def _inp(job: Job, settings: Settings, relax: bool) -> str:
    what = "Relaxation at Gamma" if relax else "Single point; put in the positions of 1_relax first"
    lines = remarks("#", [job.title, f"{what}, by the {CITATION}", *_NOTES])
    lines += [
        "&GLOBAL",
        f"  PROJECT {'relax' if relax else 'single_point'}",
        f"  RUN_TYPE {'GEO_OPT' if relax else 'ENERGY_FORCE'}",
        "&END GLOBAL",
        *(_motion(settings) if relax else []),
        "&FORCE_EVAL",
        "  METHOD QUICKSTEP",
        "  &DFT",
        "    BASIS_SET_FILE_NAME BASIS_MOLOPT",
        "    POTENTIAL_FILE_NAME GTH_POTENTIALS",
        *_spin(job),
        *_dipole(job),
        "    &MGRID",
        f"      CUTOFF {settings.cp2k_cutoff_Ry:g}",
        "      REL_CUTOFF 60",
        "    &END MGRID",
        *([] if relax else _kpoints(job)),
        "    &SCF",
        "      SCF_GUESS ATOMIC",
        "      EPS_SCF 1.0E-6",
        "      MAX_SCF 150",
        f"      ADDED_MOS {_added_orbitals(job)}",
        "      &DIAGONALIZATION",
        "      &END DIAGONALIZATION",
        "      &SMEAR",
        "        METHOD FERMI_DIRAC",
        f"        ELECTRONIC_TEMPERATURE [K] {settings.smearing_eV / units.kB:.2f}",
        "      &END SMEAR",
        "      &MIXING",
        "        METHOD BROYDEN_MIXING",
        "        ALPHA 0.1",
        "        NBROYDEN 8",
        "      &END MIXING",
        "    &END SCF",
        "    &XC",
        "      &XC_FUNCTIONAL PBE",
        "      &END XC_FUNCTIONAL",
        "    &END XC",
        "  &END DFT",
        *_subsystem(job),
        "  &PRINT",
        "    &FORCES",
        "    &END FORCES",
        "  &END PRINT",
        "&END FORCE_EVAL",
    ]
    return "\n".join(lines) + "\n"


def _motion(settings: Settings) -> list[str]:
    force = settings.fmax_eV_A / (units.Hartree / units.Bohr)
    return [
        "&MOTION",
        "  &GEO_OPT",
        "    OPTIMIZER BFGS",
        f"    MAX_ITER {settings.max_steps}",
        f"    MAX_FORCE {force:.6f}   # hartree/bohr",
        "    # wide, so that the largest force decides as in the protocol",
        "    RMS_FORCE 1.0",
        "    MAX_DR 1.0",
        "    RMS_DR 1.0",
        "  &END GEO_OPT",
        "&END MOTION",
    ]


def _spin(job: Job) -> list[str]:
    if not job.spin:
        lines = ["    # all start moments are 0: spin-paired in the protocol"]
        # an odd number of electrons cannot be paired here, as GPAW does with half an electron each
        return lines + (["    UKS T", "    MULTIPLICITY 2"] if job.multiplicity % 2 == 0 else [])
    return ["    UKS T", f"    MULTIPLICITY {job.multiplicity}"]


def _dipole(job: Job) -> list[str]:
    if job.dipole_axis is None:
        return ["    # no dipole correction: the structure is no sheet normal to an axis"]
    axis = "XYZ"[job.dipole_axis]
    return ["    SURFACE_DIPOLE_CORRECTION T", f"    SURF_DIP_DIR {axis}"]


def _kpoints(job: Job) -> list[str]:
    grid = " ".join(map(str, job.kpts))
    return [
        "    &KPOINTS",
        f"      SCHEME MONKHORST-PACK {grid}",
        "    &END KPOINTS",
    ]


def _added_orbitals(job: Job) -> int:
    """Empty orbitals for the smearing: a tenth of the occupied ones, at least 20."""
    electrons = sum(job.valence(s) for s in job.atoms.get_chemical_symbols())
    return max(20, int(np.ceil(electrons / 20)))


def _subsystem(job: Job) -> list[str]:
    cell = np.asarray(job.atoms.cell)
    lines = ["  &SUBSYS", "    &CELL"]
    for name, vector in zip("ABC", cell, strict=True):
        lines.append(f"      {name} " + " ".join(f"{x:.10f}" for x in vector))
    # periodic along all axes: the dipole correction needs it
    lines += ["      PERIODIC XYZ", "    &END CELL", "    &COORD"]
    for symbol, position in zip(
        job.atoms.get_chemical_symbols(), job.atoms.positions.tolist(), strict=True
    ):
        lines.append(f"      {symbol} " + " ".join(f"{x:.10f}" for x in position))
    lines.append("    &END COORD")
    for symbol in job.elements:
        lines += [
            f"    &KIND {symbol}",
            "      BASIS_SET DZVP-MOLOPT-SR-GTH",
            "      POTENTIAL GTH-PBE",
        ]
        if job.spin and job.moment_of(symbol):
            lines.append(f"      MAGNETIZATION {job.moment_of(symbol):g}   # of the protocol")
        lines.append("    &END KIND")
    return [*lines, "  &END SUBSYS"]
