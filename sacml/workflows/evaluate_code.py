"""Which code a job of an evaluation depends on, as a digest."""

import ast
import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
JOBS = tuple(
    f"sacml.evaluation.{name}"
    for name in ("cells", "fits", "groups", "held_out", "learning", "metrics", "nested", "scramble")
)
"""What computes a job, whatever its model."""

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "pandas")
# The registry imports every model by name; what one of them needs is found from its own module.
_NAMES_ONLY = ("sacml", "sacml.models", "sacml.models.registry", "sacml.evaluation")


@cache
def code_digest(model: str) -> dict[str, str]:
    """Digest of the source that a job with a model depends on, and the libraries' versions.

    Comments, docstrings and layout do not count.
    Another model may be added or changed without a stored job of this one being computed again.
    """
    from sacml.models.registry import module_of

    found = hashlib.sha256()
    for name in sorted(needed((*JOBS, module_of(model)))):
        found.update(f"{name} {_meaning(_path(name))}".encode())
    return {"code": found.hexdigest()} | {name: version(name) for name in _LIBRARIES}


def needed(start: tuple[str, ...]) -> set[str]:
    """Modules of sacml that some import, at the top or inside a function, and what those import.

    Where a package itself is imported, whose names may be loaded on first use, all its modules
    count; not those of `sacml.models`, where the names are the models.
    """
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name in found or name in _NAMES_ONLY:
            continue
        found.add(name)
        waiting += _imported(_path(name))
        if _path(name).name == "__init__.py":
            inside = _path(name).parent.glob("*.py")
            waiting += [f"{name}.{p.stem}" for p in inside if p.stem != "__init__"]
    return found


def _meaning(path: Path) -> str:
    """Source without comments, layout and docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [s for s in body if not _is_text(s)]
    return ast.dump(tree)


def _is_text(statement: ast.stmt) -> bool:
    value = getattr(statement, "value", None)
    return isinstance(statement, ast.Expr) and isinstance(value, ast.Constant)


def _imported(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # "from package import module" names a module, "from module import thing" does not
            inside = [f"{node.module}.{a.name}" for a in node.names]
            names += [node.module, *(n for n in inside if _path(n).is_file())]
    return [n for n in names if n.partition(".")[0] == "sacml"]


def _path(name: str) -> Path:
    folder = ROOT.joinpath(*name.split("."))
    return folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
