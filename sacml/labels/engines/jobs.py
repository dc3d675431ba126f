"""From task and settings to the job file that a worker reads."""

from typing import TYPE_CHECKING, Any

import numpy as np

from sacml.labels.hessian import bond_springs
from sacml.labels.meshes import Mesh, bulk_mesh, sheet_mesh
from sacml.labels.settings import ProtocolSettings, ScfTry
from sacml.labels.task import RELAXED, Task

if TYPE_CHECKING:
    from ase import Atoms

SANITY = {"overlap": 0.5, "force_eV_A": 100.0, "energy_eV": 50.0, "moved_A": 5.0}
"""A relaxation ends as exploded where two atoms come nearer than this part of the sum of their
covalent radii, a force or the change of the energy passes its limit, or an atom moves farther."""


def structures(task: Task, settings: ProtocolSettings) -> "list[Atoms]":
    """Structures of the single points: one, or the lattice scan of a bulk metal."""
    atoms = task.atoms()
    if task.kind != "bulk":
        return [atoms]
    scan = []
    for scale in settings.bulk_scales:
        copy = atoms.copy()
        copy.set_cell(atoms.cell.array * scale, scale_atoms=True)
        scan.append(copy)
    return scan


def make_job(task: Task, settings: ProtocolSettings, attempt: int) -> dict[str, Any]:
    """Plain values of ``job.json``."""
    atoms = task.atoms()
    gpaw = settings.engine == "gpaw"
    if gpaw:
        calculator: dict[str, Any] = {"kind": "gpaw", "xc": settings.xc}
        if settings.mode == "lcao":
            calculator["basis"] = settings.basis
    else:
        calculator = {"kind": "ase", "path": settings.engine.partition(":")[2]}
    options = settings.engine_options
    stages: list[dict[str, Any]] = []
    if task.kind in RELAXED and settings.max_steps:
        stages.append({
            "type": "relax",
            "tries": gpaw_tries(task, settings, attempt, relaxing=True) if gpaw else [options],
            "fmax_eV_A": settings.fmax_eV_A,
            "max_steps": settings.max_steps,
            "max_step_A": settings.max_step_A / (2 if attempt else 1),
            "hessian": np.round(bond_springs(atoms), 6).tolist(),
        })  # fmt: skip
    stages.append({
        "type": "single_point",
        "tries": gpaw_tries(task, settings, attempt, relaxing=False) if gpaw else [options],
        "charges": task.kind in ("adsorption", "loading", "single_point"),
    })  # fmt: skip
    return {
        "key": task.key, "kind": task.kind, "attempt": attempt, "settings": settings.to_dict(),
        "settings_digest": settings.digest, "calculator": calculator, "stages": stages,
        "sanity": SANITY,
    }  # fmt: skip


def gpaw_tries(
    task: Task, settings: ProtocolSettings, attempt: int, relaxing: bool
) -> list[dict[str, Any]]:
    """Keyword arguments of GPAW for each SCF try."""
    atoms = task.atoms()
    if task.kind == "atom":
        return _atom(atoms, settings, attempt)
    density = settings.relax_density_convergence if relaxing else settings.density_convergence
    common = _basis(task, settings) | {
        "kpts": {"size": list(mesh_of(task, settings, relaxing))},
        "convergence": _convergence(settings, density, settings.eigenstates_eV2),
        "spinpol": spin_polarised(atoms),
    }
    if task.kind != "bulk":
        # with its symmetries a sheet that relaxes ends in GPAW's "Broken symmetry!"
        common["symmetry"] = {"point_group": False}
        common["nbands"] = -settings.extra_bands
        if settings.dipole_correction and is_sheet(atoms):
            common["poissonsolver"] = {"dipolelayer": "xy"}
    return [
        common
        | {"occupations": _fermi(t.width_eV), "mixer": _mixer(t), "maxiter": t.max_iterations}
        for t in settings.tries(attempt)
    ]


def mesh_of(task: Task, settings: ProtocolSettings, relaxing: bool = False) -> Mesh:
    """k-point grid of a calculation: the task's own, or the settings' for its cell."""
    if task.inputs.kpts is not None:
        return task.inputs.kpts
    if task.kind == "atom":
        return (1, 1, 1)
    if task.kind == "bulk":
        return bulk_mesh(task.atoms(), settings.bulk_kpts)
    return sheet_mesh(task.atoms(), settings.relax_kpts if relaxing else settings.kpts)


def spin_polarised(atoms: "Atoms") -> bool:
    """Whether any starting moment differs from 0."""
    return bool(np.abs(atoms.get_initial_magnetic_moments()).max(initial=0.0) > 0)


def is_sheet(atoms: "Atoms") -> bool:
    """Whether the third direction alone is not periodic and stands along z."""
    cell = atoms.cell.array
    upright = np.abs(cell[:2, 2]).max() < 1e-6 and np.abs(cell[2, :2]).max() < 1e-6
    return bool(upright) and tuple(map(bool, atoms.pbc)) == (True, True, False)


def _basis(task: Task, settings: ProtocolSettings) -> dict[str, Any]:
    if settings.mode == "lcao":
        return {"mode": "lcao", "basis": settings.basis, "h": settings.grid_spacing_A,
                "xc": settings.xc}  # fmt: skip
    cutoff = task.inputs.ecut_eV or settings.ecut_eV
    return {"mode": {"name": "pw", "ecut": cutoff}, "xc": settings.xc}


def _convergence(settings: ProtocolSettings, density: float, states: float) -> dict[str, float]:
    return {"energy": settings.energy_convergence_eV, "density": density, "eigenstates": states}


def _fermi(width: float, fixed: bool = False) -> dict[str, Any]:
    return {"name": "fermi-dirac", "width": width} | ({"fixmagmom": True} if fixed else {})


def _mixer(attempt: ScfTry, method: str = "sum") -> dict[str, Any]:
    return {"backend": "pulay", "method": method, "beta": attempt.beta,
            "nmaxold": attempt.history, "weight": attempt.weight}  # fmt: skip


def _atom(atoms: "Atoms", settings: ProtocolSettings, attempt: int) -> list[dict[str, Any]]:
    """Isolated atom: the moment held at its start where there is one."""
    spin = spin_polarised(atoms)
    mixing = ScfTry(beta=settings.atom_beta / (2 if attempt else 1))
    task = {
        "xc": settings.xc,
        "mode": {"name": "pw", "ecut": settings.ecut_eV},
        "spinpol": spin,
        "mixer": _mixer(mixing, "difference" if spin else "sum"),
        "maxiter": settings.atom_max_iterations,
        "kpts": {"size": [1, 1, 1]},
        "convergence": _convergence(
            settings, settings.atom_density_convergence, settings.atom_eigenstates_eV2
        ),
    }
    if settings.mode == "lcao":
        task |= {"mode": "lcao", "basis": settings.basis, "h": settings.grid_spacing_A}
    return [task | {"occupations": _fermi(w, fixed=spin)} for w in settings.atom_widths_eV]
