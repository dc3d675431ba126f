"""GPAW: a script that relaxes at the Gamma point and then runs the single point, as we did."""

import io
import textwrap
from string import Template

from sacml.structures.inputs.protocol import CITATION, Job, Settings

_SCRIPT = Template('''"""$title

$citation
Not done here: the protocol pre-relaxes bare sites with a machine-learned potential and starts BFGS
from a bond-spring Hessian; both save steps and change no settings.
Run: python run.py   (or gpaw python run.py; mpiexec for several cores)
"""

from pathlib import Path

import numpy as np
from ase.io import read, write
from ase.optimize import BFGS
from gpaw import GPAW, PW, FermiDirac, KohnShamConvergenceError, MixerSum

HERE = Path(__file__).resolve().parent
CUTOFF_EV = $cutoff
GRID = $grid  # Monkhorst-Pack of the single point
WIDTH_EV = $width
FMAX_EV_A = $fmax
STEPS = $steps
TRIES = ((0.1, WIDTH_EV), (0.04, WIDTH_EV), (0.04, 2 * WIDTH_EV))  # mixing, width


def calculator(kpts, density, beta, width, txt):
    return GPAW(
        mode=PW(CUTOFF_EV),
        xc="PBE",
        kpts=kpts,
        occupations=FermiDirac(width),
        mixer=MixerSum(beta, 5, 50),
        maxiter=70,
        nbands=-10,$poisson
        convergence={"energy": 5e-5, "density": density, "eigenstates": 1e-5},
        symmetry={"point_group": False},
        txt=str(HERE / txt),
    )


def relax(atoms):
    start = atoms.get_initial_magnetic_moments()
    for beta, width in TRIES:
        atoms.set_initial_magnetic_moments(start)
        atoms.calc = calculator((1, 1, 1), 5e-4, beta, width, "relax.txt")
        try:
            optimizer = BFGS(atoms, maxstep=0.15, logfile=str(HERE / "relax.log"))
            optimizer.run(fmax=FMAX_EV_A, steps=STEPS)
            return $moments
        except KohnShamConvergenceError:
            print("not converged with mixing", beta, "and width", width)
    raise SystemExit("the relaxation did not converge with any mixing")


def single_point(atoms, moments):
    for beta, width in TRIES:
        atoms.set_initial_magnetic_moments(moments)
        atoms.calc = calculator(GRID, 3e-4, beta, width, "single_point.txt")
        try:
            return atoms.get_potential_energy()
        except KohnShamConvergenceError:
            print("not converged with mixing", beta, "and width", width)
    raise SystemExit("the single point did not converge with any mixing")


def main():
    atoms = read(HERE / "start.extxyz")
    moments = relax(atoms)
    energy = single_point(atoms, moments)
    print(f"energy at zero width {energy:.4f} eV")
    forces = np.linalg.norm(atoms.get_forces(), axis=1)
    print(f"largest force left at the single point's grid {forces.max():.3f} eV/A")
    write(HERE / "final.extxyz", atoms)


if __name__ == "__main__":
    main()
''')
_POISSON = '\n        poissonsolver={"dipolelayer": "$plane"},'


def files(job: Job, settings: Settings) -> dict[str, str]:
    """File name -> content."""
    plane = {0: "yz", 1: "xz", 2: "xy"}.get(-1 if job.dipole_axis is None else job.dipole_axis)
    script = _SCRIPT.substitute(
        title=job.title.replace("\\", ""),
        citation=textwrap.fill(CITATION + ".", 96),
        cutoff=settings.cutoff_eV,
        grid=job.kpts,
        width=settings.smearing_eV,
        fmax=settings.fmax_eV_A,
        steps=settings.max_steps,
        poisson=Template(_POISSON).substitute(plane=plane) if plane else "",
        moments="atoms.get_magnetic_moments()" if job.spin else "start",
    )
    return {"run.py": script, "start.extxyz": _start(job)}


def _start(job: Job) -> str:
    from ase.io.extxyz import write_extxyz

    atoms = job.atoms.copy()
    atoms.info = {"title": job.title}
    buffer = io.StringIO()
    write_extxyz(buffer, atoms)
    return buffer.getvalue()
