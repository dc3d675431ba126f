"""Run the worker on a folder, within limits, and say what became of it."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.labels.engines import worker
from sacml.labels.engines.base import Limits
from sacml.labels.engines.jobs import make_job, structures
from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import Task, to_extxyz

if TYPE_CHECKING:
    from collections.abc import Mapping

WORKER = Path(worker.__file__).resolve()
GRACE_S = 3.0
_NO_MEMORY = ("MemoryError", "bad_alloc", "Cannot allocate memory", "out of memory", "not allocate")
_FULL_DISK = ("No space left", "Disk quota exceeded")


def compute(
    python: str,
    task: Task,
    settings: ProtocolSettings,
    folder: Path,
    attempt: int,
    limits: Limits,
    environment: "Mapping[str, str] | None" = None,
) -> dict[str, Any]:
    """Write the job, run the worker and return what it wrote; failures as words and sentences."""
    try:
        job = make_job(task, settings, attempt) | {"memory_MB": limits.memory_MB}
        text = "".join(map(to_extxyz, structures(task, settings)))
        job["belongs"] = _belongs(job, text)
        if (found := _take_up(folder, job)) is not None:
            return found
        worker.save(folder / "start.extxyz", text)
        worker.save(folder / "job.json", json.dumps(job))
        with (folder / "worker.log").open("ab") as log:
            start = log.tell()
            code = _run(python, folder, limits, environment, log)
        return _outcome(folder, code, limits, _tail(folder / "worker.log", start))
    except OSError as error:
        full = any(t in str(error) for t in _FULL_DISK)
        return {"failure": "disk" if full else "crashed", "reason": f"{folder}: {error}"}


def _run(
    python: str, folder: Path, limits: Limits, environment: "Mapping[str, str] | None", log: Any
) -> int | None:
    """Return code of the worker; None where its time was up."""
    threads = {n: str(limits.threads) for n in
               ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}  # fmt: skip
    command = [python, str(WORKER), str(folder.resolve()), str(os.getpid())]
    if limits.niceness:
        command = ["nice", "-n", str(limits.niceness), *command]
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        env={**os.environ, **threads, **(environment or {})}, start_new_session=True,
    )  # fmt: skip
    if limits.niceness:
        _lower_session(process.pid, limits.niceness)
    try:
        return process.wait(timeout=limits.wall_s)
    except subprocess.TimeoutExpired:
        return None
    finally:  # also on Ctrl-C: nothing of the group is left running
        _end_group(process)


def _lower_session(pid: int, niceness: int) -> None:
    """Make the worker's session give way: Linux may share time by session, whatever `nice` says."""
    with contextlib.suppress(OSError):  # no such file elsewhere; sched(7), "The autogroup feature"
        Path(f"/proc/{pid}/autogroup").write_text(str(niceness), encoding="ascii")


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the worker's group: asked first, then killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=GRACE_S)


def _outcome(folder: Path, code: int | None, limits: Limits, tail: str) -> dict[str, Any]:
    kept = count_frames(folder)
    left = f"; {kept} frames are kept, the next run goes on from the last" if kept else ""
    found = _result(folder)
    if found is not None:
        return found
    if code is None:
        return {"failure": "time_out", "reason": f"not done after {limits.wall_s:g} s{left}"}
    if any(word in tail for word in _NO_MEMORY):
        return {"failure": "memory", "reason": f"more than {limits.memory_MB} MB were needed{left}"}
    if any(word in tail for word in _FULL_DISK):
        return {"failure": "disk", "reason": f"the disk of {folder} is full{left}"}
    if code == -signal.SIGKILL:
        why = "killed by signal 9, from outside or because the machine ran out of memory"
        return {"failure": "killed", "reason": why + left}
    if code == -signal.SIGTERM:
        return {"failure": "killed", "reason": "ended by signal 15 from outside" + left}
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    last = " | ".join(tail.strip().splitlines()[-3:])
    return {"failure": "crashed", "reason": f"the worker ended with {how}: {last}"[:600] + left}


def _result(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return None
    return found if isinstance(found, dict) else None


def _take_up(folder: Path, job: dict[str, Any]) -> dict[str, Any] | None:
    """Tidy what an earlier run left: a finished result is returned, frames are kept or removed."""
    folder.mkdir(parents=True, exist_ok=True)
    frames, result = folder / "frames.extxyz", folder / "result.json"
    try:
        before = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        before = {}
    found = _result(folder)
    same = before.get("belongs") == job["belongs"]
    exactly = same and before.get("settings_digest") == job["settings_digest"]
    if exactly and found is not None and found.get("status") == "ok":
        return found
    astray = found is not None and found.get("failure") == "exploded"
    result.unlink(missing_ok=True)
    if not same or astray:
        frames.unlink(missing_ok=True)
    elif frames.exists():
        text = "".join(whole_frames(frames.read_text(encoding="utf-8", errors="replace")))
        if before.get("attempt") != job["attempt"]:
            text = _first_try(text)
        worker.save(frames, text) if text else frames.unlink()
    return None


def _belongs(job: dict[str, Any], start: str) -> str:
    """Digest of what frames depend on: start and level, but neither mixing nor step lengths."""
    free = ("mixer", "occupations", "maxiter", "nbands", "convergence")
    level = [{k: v for k, v in stage["tries"][0].items() if k not in free}
             for stage in job["stages"]]  # fmt: skip
    text = json.dumps([job["key"], job["calculator"], level, start], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def whole_frames(text: str) -> list[str]:
    """Split extxyz text into frames; what a kill cut short at the end is left out."""
    lines, frames, at = text.splitlines(keepends=True), [], 0
    while at < len(lines) and lines[at].strip().isdigit():
        end = at + int(lines[at]) + 2
        if end > len(lines) or not lines[end - 1].endswith("\n"):
            break
        frames.append("".join(lines[at:end]))
        at = end
    return frames


def _first_try(text: str) -> str:
    """Number the SCF tries from 0 again: another attempt has other tries."""
    import re

    return re.sub(r"\bscf_try=\d+", "scf_try=0", text)


def count_frames(folder: Path) -> int:
    """Whole frames in the folder of a task."""
    path = folder / "frames.extxyz"
    if not path.exists():
        return 0
    return len(whole_frames(path.read_text(encoding="utf-8", errors="replace")))


def _tail(path: Path, start: int) -> str:
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(start, file.tell() - 4000))
        return file.read().decode("utf-8", errors="replace")
