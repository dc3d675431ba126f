"""The stair of the README: a package imports only from those below it, and there are no circles."""

import ast
from pathlib import Path

import sacml

STAIR = ("domain", "data", "structures", "features", "labels", "uncertainty", "models",
         "evaluation", "tracking", "design", "reports", "workflows", "app", "cli")  # fmt: skip
PACKAGE = Path(sacml.__file__).parent


class Imports(ast.NodeVisitor):
    """What a module imports when it runs; imports for type checkers alone do not count."""

    def __init__(self):
        self.found = set()

    def visit_If(self, node):
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
        self.generic_visit(node)

    def visit_Import(self, node):
        self.found |= {alias.name for alias in node.names}

    def visit_ImportFrom(self, node):
        self.found.add(node.module or "")


def packages_imported(code):
    visitor = Imports()
    visitor.visit(ast.parse(code))
    return {m.split(".")[1] for m in visitor.found if m.startswith("sacml.")} & set(STAIR)


def test_imports_for_types_do_not_count_and_late_ones_do():
    code = (
        "if TYPE_CHECKING:\n    from sacml.cli import x\n"
        "def f():\n    import sacml.models.store\n    from sacml.data import y\n"
    )
    assert packages_imported(code) == {"models", "data"}


def test_no_arrow_runs_back_up():
    climbing = []
    for path in sorted(PACKAGE.rglob("*.py")):
        package = path.relative_to(PACKAGE).parts[0]
        if package in STAIR:
            above = STAIR[STAIR.index(package) + 1 :]
            imported = packages_imported(path.read_text(encoding="utf-8"))
            climbing += [f"{path.name} in {package} imports {m}" for m in imported & set(above)]
    assert climbing == []


def test_every_package_has_a_step():
    found = {p.parent.name for p in PACKAGE.glob("*/__init__.py") if p.parent.name[0] != "_"}
    assert found <= set(STAIR)
