"""VASP: INCAR, KPOINTS and POSCAR of the relaxation and of the single point; no POTCAR."""

import io
from itertools import groupby

from sacml.structures.inputs.protocol import CITATION, Job, Settings, remarks


def files(job: Job, settings: Settings) -> dict[str, str]:
    """File name -> content."""
    return {
        "1_relax/INCAR": _incar(job, settings, relax=True),
        "1_relax/KPOINTS": _kpoints((1, 1, 1), gamma=True),
        "1_relax/POSCAR": _poscar(job),
        "2_single_point/INCAR": _incar(job, settings, relax=False),
        "2_single_point/KPOINTS": _kpoints(job.kpts, gamma=False),
        "2_single_point/POSCAR": _poscar(job),
        "ELEMENTS": _elements(job),
    }


def _incar(job: Job, settings: Settings, relax: bool) -> str:
    lines = [
        f"SYSTEM = {job.title}",
        *remarks(
            "#",
            [
                f"{'Relaxation at Gamma' if relax else 'Single point'} by the {CITATION}",
                "Same as there: functional, cutoff, occupations, start moments, forces at the end.",
            ],
        ),
        "GGA = PE",
        f"ENCUT = {settings.cutoff_eV:g}   # take the largest ENMAX of the POTCARs if it is higher",
        "ISMEAR = -1   # Fermi-Dirac",
        f"SIGMA = {settings.smearing_eV:g}   # compare 'energy(sigma->0)', as the protocol does",
        "EDIFF = 1E-05   # nearest: the protocol's criteria are GPAW's (5e-5 eV per electron)",
        "LREAL = .FALSE.",
        "ISYM = 0   # the protocol switches point symmetry off",
        *_spin(job),
        *_dipole(job),
    ]
    if relax:
        lines += [
            "IBRION = 1   # nearest: quasi-Newton; the protocol runs BFGS with a model Hessian",
            f"NSW = {settings.max_steps}",
            f"EDIFFG = {-settings.fmax_eV_A:g}   # largest force, eV/A",
            "ISIF = 2",
        ]
    else:
        lines += ["NSW = 0   # copy CONTCAR of 1_relax to POSCAR first"]
    return "\n".join(lines) + "\n"


def _spin(job: Job) -> list[str]:
    if not job.spin:
        return ["ISPIN = 1   # all start moments are 0: spin-paired in the protocol"]
    moments = job.atoms.get_initial_magnetic_moments().tolist()
    runs = [(value, len(list(group))) for value, group in groupby(moments)]
    words = " ".join(f"{n}*{value:g}" for value, n in runs)
    return ["ISPIN = 2", f"MAGMOM = {words}   # start moments of the protocol"]


def _dipole(job: Job) -> list[str]:
    if job.dipole_axis is None:
        return ["# no dipole correction: the structure is no sheet normal to an axis"]
    middle = job.atoms.get_scaled_positions(wrap=False).mean(axis=0)
    return [
        "LDIPOL = .TRUE.",
        f"IDIPOL = {job.dipole_axis + 1}",
        "DIPOL = " + " ".join(f"{x % 1.0:.4f}" for x in middle) + "   # middle of the atoms",
    ]


def _kpoints(grid: tuple[int, int, int], gamma: bool) -> str:
    title = "Gamma point" if gamma else "Monkhorst-Pack as in the protocol: even grids omit Gamma"
    scheme = "Gamma" if gamma else "Monkhorst-Pack"
    return f"{title}\n0\n{scheme}\n{grid[0]} {grid[1]} {grid[2]}\n0 0 0\n"


def _poscar(job: Job) -> str:
    from ase.io.vasp import write_vasp

    buffer = io.StringIO()
    write_vasp(buffer, job.atoms, direct=False, vasp5=True)
    _, rest = buffer.getvalue().split("\n", 1)
    return f"{job.title}\n{rest}"


def _elements(job: Job) -> str:
    return "\n".join(
        [
            "# Elements in the order of POSCAR: put the PBE POTCARs of your licence in this order.",
            "# Which title (e.g. with semicore states) is yours to choose and to state.",
            *job.elements,
            "",
        ]
    )
