"""Runs one job in a process of its own: relaxations and single points.

    python worker.py FOLDER PARENT_PID

One file that needs only a Python with ASE and the calculator's package; it never imports sacml,
because the Python that has GPAW is often not the one that has sacml. FOLDER holds ``job.json``,
``start.extxyz`` and, after an interrupted run, ``frames.extxyz``. Written there: a frame for each
step of a relaxation at the moment it is done, ``final.extxyz`` and, last of all, ``result.json``.
Energies in eV, lengths in Angstrom, moments in Bohr magnetons.
"""

from __future__ import annotations

import errno
import importlib
import io
import json
import os
import resource
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

START, FORCES, MOMENTS = "start_moments_muB", "forces_eV_A", "moments_muB"
EXTRAS = {"chgnet": "chgnet", "tblite": "engines"}
"""Packages that an extra of sacml brings."""


class Failed(Exception):  # noqa: N818
    """The job ends without an energy: a word and a sentence."""

    def __init__(self, failure: str, reason: str) -> None:
        super().__init__(reason)
        self.failure, self.reason = failure, reason


def guard(parent: int, memory_mb: int | None) -> None:
    """Limit the memory, and end this process group when the parent is gone."""
    if memory_mb:
        resource.setrlimit(resource.RLIMIT_AS, (int(memory_mb) * 2**20,) * 2)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    if parent and os.getpgrp() == os.getpid():  # never the group of a shell
        threading.Thread(target=watch, daemon=True).start()


def save(path: Path, text: str) -> None:
    """Write a file so that it is there in full or not at all."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def as_text(atoms: Any) -> str:
    """Write extxyz with those of our arrays that are there."""
    from ase.io import write

    columns = ["symbols", "positions", *(c for c in (FORCES, MOMENTS) if c in atoms.arrays)]
    buffer = io.StringIO()
    write(buffer, atoms, format="extxyz", columns=columns, write_results=False)
    return buffer.getvalue()


class Gpaw:
    """GPAW by keyword arguments that its old and new versions read alike."""

    def __init__(self, job: dict[str, Any], folder: Path) -> None:
        self.folder, self.keep = folder, None
        try:
            import gpaw
        except ImportError as error:
            raise Failed("missing_program", f"{sys.executable} has no gpaw ({error})") from None
        self.versions = {"gpaw": gpaw.__version__}
        self.not_converged = gpaw.KohnShamConvergenceError

    def check(self, symbols: set[str], xc: str | None, basis: str | None) -> None:
        """Name every element that has no PAW setup, or no basis where one is asked for."""
        from gpaw import setup_paths

        there = [f for f in map(Path, setup_paths) if any(f.glob(f"H.{xc}*"))]
        if not there:
            raise Failed(
                "missing_setups",
                f"no PAW setups for {xc} in {', '.join(map(str, setup_paths)) or 'any folder'}: "
                "install the Debian package gpaw-data, or run `gpaw install-data FOLDER`",
            )

        def without(kind: str) -> list[str]:
            return [
                s for s in sorted(symbols) if not any(any(f.glob(f"{s}.{kind}*")) for f in there)
            ]

        lacking = without(str(xc))
        if lacking:
            raise Failed(
                "missing_setups",
                f"no PAW setup for {', '.join(lacking)} in {', '.join(map(str, there))}: the GPAW "
                "setups (Debian package gpaw-data) lack some elements, La and Ce among them; "
                "compute this one with another engine (cp2k, espresso, vasp)",
            )
        bare = without(f"{basis}.basis") if basis else []
        if bare:
            raise Failed(
                "missing_setups",
                f"no {basis} basis for {', '.join(bare)} in {', '.join(map(str, there))} (Debian "
                "package gpaw-data): compute this one with plane waves, or make it with "
                "`gpaw basis`",
            )

    def calculator(self, options: dict[str, Any], txt: str) -> Any:
        """Start a calculation afresh."""
        from gpaw import GPAW

        return GPAW(txt=str(self.folder / txt), **options)

    def go_on(self, atoms: Any, options: dict[str, Any], txt: str) -> bool:
        """Let the calculator of a structure go on with other options from the density it has."""
        if atoms.calc is None or not hasattr(atoms.calc, "set"):
            return False
        # other start moments would be another structure to GPAW, which then begins afresh
        atoms.set_initial_magnetic_moments(atoms.calc.atoms.get_initial_magnetic_moments())
        atoms.calc.set(txt=str(self.folder / txt), **options)
        return True

    def setups(self, atoms: Any) -> None:
        """Note the fingerprint of each PAW setup in use: the same name may be another file."""
        used = getattr(getattr(atoms.calc, "wfs", None), "setups", None) or []
        prints = {s.symbol: str(s.fingerprint)[:8] for s in used if hasattr(s, "fingerprint")}
        self.versions["setups"] = " ".join(f"{k}:{v}" for k, v in sorted(prints.items()))

    def start(self, atoms: Any, moments: Any) -> Any:
        """Start moments as they are: GPAW lets the total moment go."""
        return moments

    def charges(self, atoms: Any) -> tuple[list[float] | None, str | None]:
        """Hirshfeld charges of the last density."""
        from gpaw.analyse.hirshfeld import HirshfeldPartitioning

        density = atoms.calc.density
        if not hasattr(density, "stencil"):
            # plane waves have none; with 3, charges of LiH agree with the grid mode's within 0.004
            density.stencil = 3
        found = HirshfeldPartitioning(atoms.calc).get_charges()
        return [float(q) for q in found], "Hirshfeld, density of the single point"


class Ase:
    """Any ASE calculator by its dotted path."""

    def __init__(self, job: dict[str, Any], folder: Path) -> None:
        from ase.calculators.calculator import SCFError

        self.not_converged, self.made = SCFError, None
        self.module, _, self.name = job["calculator"]["path"].partition(":")
        try:
            self.kind = getattr(importlib.import_module(self.module), self.name)
        except ImportError as error:
            extra = EXTRAS.get(self.module.partition(".")[0])
            how = f" (pip install 'sacml[{extra}]')" if extra else ""
            raise Failed(
                "missing_program",
                f"{self.module} cannot be imported ({error}): install its package{how} into "
                f"{sys.executable}, or name another Python",
            ) from None
        except AttributeError:
            raise Failed("bad_input", f"{self.module} has no calculator {self.name!r}") from None
        top = self.module.partition(".")[0]
        self.versions = {top: str(getattr(sys.modules[top], "__version__", "unknown"))}

    def check(self, symbols: set[str], xc: str | None, basis: str | None) -> None:
        """Leave it to the calculator to refuse an element."""

    def setups(self, atoms: Any) -> None:
        """Nothing to note."""

    def go_on(self, atoms: Any, options: dict[str, Any], txt: str) -> bool:
        """There is no density to go on from."""
        return False

    def calculator(self, options: dict[str, Any], txt: str) -> Any:
        """Make it once: loading a learned potential takes seconds."""
        self.made = self.made or self.kind(**options)
        return self.made

    def start(self, atoms: Any, moments: Any) -> Any:
        """Start moments; for tblite with the nearest sum that its number of electrons allows.

        tblite takes the rounded sum as the number of unpaired electrons, keeps it, and refuses an
        odd one for an even number of electrons and the reverse. It puts the 4f electrons into the
        core and leaves three to an atom from Ce to Lu.
        """
        total = abs(round(float(moments.sum())))
        electrons = sum(3 if 58 <= z <= 71 else int(z) for z in atoms.numbers)
        if not self.module.startswith("tblite") or not total or (total - electrons) % 2 == 0:
            return moments
        return moments * ((total - 1) / abs(float(moments.sum())))

    def charges(self, atoms: Any) -> tuple[list[float] | None, str | None]:
        """No charges."""
        return None, None


def optional(function: Any, default: Any = None) -> Any:
    """Value of a property that not every calculator has."""
    from ase.calculators.calculator import PropertyNotImplementedError

    try:
        return function()
    except (PropertyNotImplementedError, NotImplementedError, AttributeError):
        return default


def evaluate(atoms: Any) -> dict[str, Any]:
    """Energy, free energy, forces and moments of the structure with its calculator."""
    import numpy as np

    try:
        energy = float(atoms.get_potential_energy())
    except NotImplementedError as error:
        # what calculators say of an element they have no parameters for
        raise Failed("missing_setups", f"the calculator refuses the structure: {error}") from None
    free = optional(lambda: float(atoms.get_potential_energy(force_consistent=True)), energy)
    forces = np.array(atoms.get_forces(), dtype=float)
    if not (np.isfinite(energy) and np.isfinite(forces).all()):
        raise Failed("exploded", "the calculator gave an energy or a force that is no number")
    zero = np.zeros(len(atoms))
    moments = np.array(optional(atoms.get_magnetic_moments, zero), dtype=float)
    total = float(optional(atoms.get_magnetic_moment, 0.0))
    return {"energy": energy, "free": free, "forces": forces, "moments": moments, "total": total}


def largest(forces: Any) -> float:
    """Largest force on an atom."""
    return float((forces**2).sum(axis=1).max() ** 0.5)


def converge(
    backend: Any, atoms: Any, tries: list[dict[str, Any]], moments: Any, txt: str, order: Any
) -> tuple[dict[str, Any], int]:
    """Values of the first calculator that converges, in an order of tries, and its number."""
    for number in order:
        options = tries[number]
        spin = options.get("spinpol", True)
        atoms.set_initial_magnetic_moments(backend.start(atoms, moments) if spin else 0 * moments)
        atoms.calc = backend.calculator(options, txt)
        try:
            return evaluate(atoms), number
        except backend.not_converged as error:
            sys.stderr.write(f"not converged, {txt}, try {number}: {error}\n")
    raise Failed("scf", f"{txt}: not self-consistent in any of {len(tries)} tries")


def carried_on(
    backend: Any, atoms: Any, options: dict[str, Any], txt: str
) -> dict[str, Any] | None:
    """Values from the density, and so from the spin state, that the relaxation ended with.

    On a denser mesh that took 11 instead of 26 iterations for Fe-N4, and saved none for Ni-N4.
    None where there is no such density, or it leads nowhere; the tries then begin afresh.
    """
    try:
        return evaluate(atoms) if backend.go_on(atoms, options, txt) else None
    except (MemoryError, OSError):
        raise
    except Exception as error:  # whatever a version of the program makes of it
        sys.stderr.write(f"not carried on, {txt}: {type(error).__name__}: {error}\n")
        return None


def order_of(tries: list[dict[str, Any]], reached: int) -> list[int]:
    """Order of the tries of a single point after a relaxation that ended with one of them.

    What the relaxation had to go beyond seldom converges on the denser mesh, and costs a whole
    try. Wider occupations change the energy and stay last.
    """

    def width(number: int) -> Any:
        return tries[number].get("occupations", {}).get("width")

    plain = [k for k in range(len(tries)) if width(k) == width(0)]
    first = max(k for k in plain if k <= reached)
    gentler = [k for k in plain if k >= first]
    skipped = [k for k in plain if k < first]
    return [*gentler, *skipped, *(k for k in range(len(tries)) if k not in plain)]


def sane(
    atoms: Any, start: Any, energy: float, before: float, forces: Any, limits: dict[str, float]
) -> None:
    """Raise where a structure has gone astray."""
    import numpy as np
    from ase.data import covalent_radii

    if abs(energy - before) > limits["energy_eV"]:
        raise Failed("exploded", f"the energy went from {before:.2f} to {energy:.2f} eV")
    if largest(forces) > limits["force_eV_A"]:
        raise Failed("exploded", f"a force of {largest(forces):.0f} eV/A")
    radii = covalent_radii[atoms.numbers]
    gaps = atoms.get_all_distances(mic=True) / (radii[:, None] + radii)
    np.fill_diagonal(gaps, np.inf)
    i, j = np.unravel_index(np.argmin(gaps), gaps.shape)
    names = [f"{s}{k}" for k, s in enumerate(atoms.symbols)]
    if gaps[i, j] < limits["overlap"]:
        d = atoms.get_distance(i, j, mic=True)
        raise Failed("exploded", f"{names[i]} and {names[j]} came within {d:.2f} A")
    moved = np.linalg.norm(atoms.positions - start.positions, axis=1)
    if moved.max() > limits["moved_A"]:
        far = int(moved.argmax())
        raise Failed("exploded", f"{names[far]} moved {moved[far]:.1f} A from its start")


class Bfgs:
    """Quasi-Newton steps as in ASE's BFGS, from a given Hessian, and repeatable from frames."""

    def __init__(self, hessian: Any, max_step: float) -> None:
        self.hessian, self.max_step = hessian, max_step
        self.last: Any = None

    def learn(self, positions: Any, forces: Any) -> None:
        """Update the Hessian (3n, 3n) with what one more geometry says."""
        import numpy as np

        r, f = positions.ravel(), forces.ravel()
        if self.last is not None and np.abs(r - self.last[0]).max() > 1e-7:
            dr, df = r - self.last[0], f - self.last[1]
            dg, curve = self.hessian @ dr, dr @ df
            if abs(curve) > 1e-10 and abs(dr @ dg) > 1e-10:  # else the forces say nothing new
                self.hessian = (
                    self.hessian - np.outer(df, df) / curve - np.outer(dg, dg) / (dr @ dg)
                )
        self.last = (r.copy(), f.copy())

    def step(self) -> Any:
        """Displacements (n, 3) from the geometry learnt last."""
        import numpy as np

        values, vectors = np.linalg.eigh((self.hessian + self.hessian.T) / 2)
        move = (vectors @ (self.last[1] @ vectors / np.fabs(values))).reshape(-1, 3)
        longest = np.linalg.norm(move, axis=1).max()
        return move * min(1.0, self.max_step / longest) if longest > 0 else move


def relax(
    backend: Any, atoms: Any, stage: dict[str, Any], folder: Path, limits: dict[str, float]
) -> tuple[dict[str, Any], int]:
    """Relax, keeping every frame; frames that are there already are taken up, not repeated.

    Returns what is to be told, and the number of the last SCF try.
    """
    import numpy as np
    from ase.io import read

    path, start, tries = folder / "frames.extxyz", atoms.copy(), stage["tries"]
    frames: list[Any] = list(read(path, format="extxyz", index=":")) if path.exists() else []
    search = Bfgs(np.array(stage["hessian"]), stage["max_step_A"])
    moments, tried, taken = atoms.get_initial_magnetic_moments(), 0, len(frames)
    for frame in frames:
        search.learn(frame.positions, frame.arrays[FORCES])
    if frames:
        atoms.positions, tried = frames[-1].positions, int(frames[-1].info["scf_try"])
        if np.abs(frames[-1].arrays[MOMENTS]).max() > 0:
            moments = frames[-1].arrays[MOMENTS]
    unfinished = not frames
    while unfinished or (
        largest(frames[-1].arrays[FORCES]) >= stage["fmax_eV_A"]
        and len(frames) <= stage["max_steps"]
    ):
        if frames:
            atoms.positions += search.step()
        values = None
        if atoms.calc is not None:
            try:
                values = evaluate(atoms)
            except backend.not_converged:
                moments, tried = start.get_initial_magnetic_moments(), tried + 1
        if values is None:
            order = range(tried, len(tries))
            values, tried = converge(backend, atoms, tries, moments, "relax.txt", order)
        frame = result_frame(atoms, values, energy_eV=values["energy"], scf_try=tried)
        with path.open("a", encoding="utf-8") as file:
            file.write(as_text(frame))
            file.flush()
            os.fsync(file.fileno())
        frames.append(frame)
        sane(atoms, start, values["energy"], frames[0].info["energy_eV"], values["forces"], limits)
        search.learn(atoms.positions, values["forces"])
        unfinished = False
    force = largest(frames[-1].arrays[FORCES])
    atoms.set_initial_magnetic_moments(frames[-1].arrays[MOMENTS])
    told = {
        "steps": len(frames) - 1,
        "started_from_frame": taken,
        "relax_max_force_eV_A": force,
        "geometry_converged": force < stage["fmax_eV_A"],
    }
    return told, tried


def result_frame(atoms: Any, values: dict[str, Any], **info: Any) -> Any:
    """Copy of the structure with forces and moments as our arrays."""
    frame = atoms.copy()
    for name in [n for n in frame.arrays if n not in ("numbers", "positions")]:
        del frame.arrays[name]
    frame.arrays[FORCES], frame.arrays[MOMENTS] = values["forces"], values["moments"]
    frame.info = {**atoms.info, **info}
    return frame


def single_points(
    backend: Any, structures: list[Any], stage: dict[str, Any], folder: Path, reached: int = 0
) -> dict[str, Any]:
    """Energies of structures as they stand; details and charges are those of the last one."""
    energies, out, order = [], {}, order_of(stage["tries"], reached)
    for atoms in structures:
        moments, number = atoms.get_initial_magnetic_moments(), order[0]
        values = carried_on(backend, atoms, stage["tries"][number], "single_point.txt")
        if values is None:
            atoms.calc = None
            values, number = converge(
                backend, atoms, stage["tries"], moments, "single_point.txt", order
            )
        energies.append(values["energy"])
        options = stage["tries"][number]
        out = {
            "energies_eV": energies,
            "energy_eV": values["energy"],
            "free_energy_eV": values["free"],
            "moment_muB": values["total"],
            "moments_muB": values["moments"].tolist(),
            "max_force_eV_A": largest(values["forces"]),
            "width_eV": options.get("occupations", {}).get("width"),
            "scf_try": number,
            "scf_iterations": getattr(getattr(atoms.calc, "scf", None), "niter", None),
        }
        final = result_frame(atoms, values, energy_eV=values["energy"])
    backend.setups(structures[-1])
    if stage["charges"]:
        try:
            out["charges_e"], out["charges_method"] = backend.charges(structures[-1])
        except MemoryError:
            raise
        except Exception as error:  # a label is worth keeping without its charges
            out["notes"] = [f"no charges: {type(error).__name__}: {error}"[:300]]
    save(folder / "final.extxyz", as_text(final))
    return out


def work(folder: Path, job: dict[str, Any]) -> dict[str, Any]:
    """Run every stage of the job; returns the result as plain values."""
    import ase
    import numpy as np
    from ase.io import read

    backend: Any = (Gpaw if job["calculator"]["kind"] == "gpaw" else Ase)(job, folder)
    structures: list[Any] = list(read(folder / "start.extxyz", format="extxyz", index=":"))
    asked = job["calculator"]
    backend.check({s for a in structures for s in a.symbols}, asked.get("xc"), asked.get("basis"))
    for atoms in structures:
        atoms.set_initial_magnetic_moments(atoms.arrays.pop(START, np.zeros(len(atoms))))
    versions = {"python": sys.version.split()[0], "ase": ase.__version__, "numpy": np.__version__}
    out, timings, reached = {"status": "ok"}, {}, 0
    for stage in job["stages"]:
        began = time.monotonic()
        if stage["type"] == "relax":
            told, reached = relax(backend, structures[0], stage, folder, job["sanity"])
            out.update(told)
        else:
            out.update(single_points(backend, structures, stage, folder, reached))
        timings[stage["type"]] = round(time.monotonic() - began, 2)
    return {**out, "versions": {**versions, **backend.versions}, "timings_s": timings}


def main(folder: Path, parent: int) -> None:
    """Run the job of a folder; whatever happens, say it in ``result.json``."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    guard(parent, job.get("memory_MB"))
    try:
        out = work(folder, job)
    except Failed as error:
        out = {"failure": error.failure, "reason": error.reason}
    except MemoryError:
        out = {"failure": "memory", "reason": f"more than {job.get('memory_MB')} MB were needed"}
    except Exception as error:
        traceback.print_exc()
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        out = {
            "failure": "disk" if full else "crashed",
            "reason": f"{type(error).__name__}: {error}"[:500],
        }
    used = resource.getrusage(resource.RUSAGE_SELF)
    out["peak_memory_MB"] = round(used.ru_maxrss / 1024, 1)
    out["cpu_s"] = round(used.ru_utime + used.ru_stime, 1)
    save(folder / "result.json", json.dumps({"status": "failed", **out}, allow_nan=False))


if __name__ == "__main__":
    # this folder holds modules named like the programs they serve (gpaw.py): not to be found
    sys.path[:] = [
        p for p in sys.path if Path(p or ".").resolve() != Path(__file__).resolve().parent
    ]
    main(Path(sys.argv[1]), int(sys.argv[2]))
