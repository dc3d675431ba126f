"""Quantum ESPRESSO: pw.x inputs of the relaxation and of the single point."""

import io
import re
from typing import Any

import numpy as np
from ase import units

from sacml.structures.inputs.protocol import CITATION, InputError, Job, Settings, remarks

_NOTES = (
    "Same as there: functional, occupations, start moments, dipole correction, force at the end.",
    "Not the same: ecutwfc and ecutrho belong to the pseudopotential files; take the largest that "
    "your files recommend (the protocol's 340 eV = 25 Ry suit GPAW's PAW setups only).",
    "Not the same: conv_thr and mixing are pw.x's own scale; forc_conv_thr is per component.",
    "The protocol compares energies at zero width: the mean of '!    total energy' (E - TS) and "
    "'internal energy E=F+TS'.",
    "starting_magnetization of 1 or more is read as a moment in mu_B (QE 7.3 or newer); below 1 it "
    "is a fraction of the valence electrons, here of those in the element table.",
)
_EMPTY = re.compile(r"^&[A-Z]+\n/\n", re.MULTILINE)


def files(job: Job, settings: Settings) -> dict[str, str]:
    """File name -> content."""
    return {
        "1_relax.pwi": _pwi(job, settings, relax=True),
        "2_single_point.pwi": _pwi(job, settings, relax=False),
    }


def _pwi(job: Job, settings: Settings, relax: bool) -> str:
    from ase.io.espresso import write_espresso_in

    names = {s: settings.pseudopotentials.get(s, f"{s}.UPF") for s in job.elements}
    strange = sorted(set(settings.pseudopotentials) - set(job.elements))
    if strange:
        raise InputError(
            f"pseudopotentials name {', '.join(strange)}, not in the structure; its elements are "
            + ", ".join(job.elements)
        )
    atoms = job.atoms.copy()
    atoms.set_initial_magnetic_moments(_magnetization(job))
    buffer = io.StringIO()
    write_espresso_in(
        buffer,
        atoms,
        input_data=_namelists(job, settings, relax),
        pseudopotentials=names,
        kpts=None if relax else job.kpts,
        koffset=tuple(int(k % 2 == 0) for k in job.kpts),
    )
    what = "Relaxation at Gamma" if relax else "Single point; put in the positions of 1_relax first"
    placeholders = [s for s in names if s not in settings.pseudopotentials]
    notes = [f"{job.title}", f"{what}, by the {CITATION}", *_NOTES]
    if placeholders:
        notes.append(
            f"Placeholders, put in your files: {', '.join(names[s] for s in placeholders)}"
        )
    if not relax:
        notes.append("Grid with offset 1 along even directions: Monkhorst-Pack as in the protocol.")
    # lists without entries are left out: older versions of pw.x do not know all of them
    return "\n".join(remarks("!", notes)) + "\n" + _EMPTY.sub("", buffer.getvalue())


def _magnetization(job: Job) -> np.ndarray:
    """Start moments where they are 1 or more, else the fraction of the valence electrons."""
    moments = job.atoms.get_initial_magnetic_moments()
    valence = np.array([job.valence(s) for s in job.atoms.get_chemical_symbols()], dtype=float)
    scaled: np.ndarray = np.where(np.abs(moments) >= 1.0, moments, moments / valence)
    return scaled


def _namelists(job: Job, settings: Settings, relax: bool) -> dict[str, dict[str, Any]]:
    control: dict[str, Any] = {
        "calculation": "relax" if relax else "scf",
        "prefix": "sacml",
        "outdir": "./tmp",
        "pseudo_dir": "./pseudo",
        "tprnfor": True,
    }
    if relax:
        # pw.x ends where both its criteria hold: the energy's is set so wide that the force decides
        control |= {
            "nstep": settings.max_steps,
            "forc_conv_thr": settings.fmax_eV_A / (units.Ry / units.Bohr),
            "etot_conv_thr": 1.0,
        }
    system: dict[str, Any] = {
        "ecutwfc": settings.cutoff_Ry,
        "ecutrho": settings.density_cutoff_Ry,
        "input_dft": "PBE",
        "occupations": "smearing",
        "smearing": "fermi-dirac",
        "degauss": settings.smearing_eV / units.Ry,
        "nspin": 2 if job.spin else 1,
        "nosym": True,
    }
    if job.dipole_axis is not None:
        control |= {"tefield": True, "dipfield": True}
        system |= {
            "edir": job.dipole_axis + 1,
            "emaxpos": _vacuum_middle(job),
            "eopreg": 0.05,
            "eamp": 0.0,
        }
    lists = {
        "control": control,
        "system": system,
        "electrons": {"conv_thr": 1e-6, "mixing_beta": 0.1, "electron_maxstep": 150},
    }
    return lists | ({"ions": {"ion_dynamics": "bfgs"}} if relax else {})


def _vacuum_middle(job: Job) -> float:
    """Start of the dipole's sawtooth, a fraction of the cell: the middle of the widest gap."""
    assert job.dipole_axis is not None
    z = np.sort(job.atoms.get_scaled_positions(wrap=False)[:, job.dipole_axis] % 1.0)
    gaps = np.diff(np.append(z, z[0] + 1.0))
    widest = int(np.argmax(gaps))
    # half the width of the drop, so that its middle lies in the middle of the gap
    return float(round((z[widest] + gaps[widest] / 2.0 - 0.025) % 1.0, 4))
