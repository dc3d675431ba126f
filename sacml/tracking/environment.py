"""What a study ran on: versions of the libraries, revision of the code."""

import getpass
import json
import platform
import subprocess
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import sacml
from sacml.domain.elements import table_digest
from sacml.labels.lock_owner import this_process

LIBRARIES = (
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "onnx",
    "onnxruntime",
    "pint",
    "pydantic",
    "pyarrow",
    "ase",
    "mlflow",
    "matplotlib",
    "plotly",
    "tomlkit",
)


CHANGED = "+changes"
OWNER = "sacml.owner"
"""Tag that holds the process that writes a run, as JSON: host, pid and start."""


def requirements(names: tuple[str, ...] = LIBRARIES) -> tuple[str, ...]:
    """Return ``name==version`` of sacml and each library that is installed."""
    lines = [f"sacml=={sacml.__version__}"]
    for name in names:
        try:
            lines.append(f"{name}=={version(name)}")
        except PackageNotFoundError:
            lines.append(f"# {name} is not installed")
    return tuple(lines)


def environment_text() -> str:
    """Return the environment as a requirements file that starts with interpreter and system."""
    head = f"# Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    return "\n".join((head, *requirements())) + "\n"


def code_revision() -> str | None:
    """Return the git commit of the checkout that sacml runs from, with ``+changes`` if altered.

    None where sacml is not run from its own checkout, or git is not there.
    """
    root = Path(sacml.__file__).resolve().parent.parent
    top = _git(root, "rev-parse", "--show-toplevel")
    # an installed package may lie in somebody else's repository, whose revision says nothing
    if top is None or Path(top) != root:
        return None
    commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if not commit:
        return None
    return commit + (CHANGED if _git(root, "status", "--porcelain", "--", "sacml") else "")


def common_tags() -> dict[str, str]:
    """Tags of every run: versions, digest of the element table, revision of the code, process."""
    owner = this_process("")
    tags = {
        "sacml.version": sacml.__version__,
        "sacml.elements_digest": table_digest(),
        OWNER: json.dumps({"host": owner.host, "pid": owner.pid, "started": owner.started}),
        "mlflow.source.name": f"sacml {sacml.__version__}",
        "mlflow.source.type": "LOCAL",
    }
    # a container's user may have no name; the run does without it
    with suppress(OSError, KeyError):
        tags["mlflow.user"] = getpass.getuser()
    revision = code_revision()
    if revision is not None:
        commit = revision.removesuffix(CHANGED)
        tags |= {"sacml.code_revision": revision, "mlflow.source.git.commit": commit}
    return tags


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ("git", "-C", str(root), *arguments),
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
