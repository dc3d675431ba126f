"""Every figure in the README comes from a command: it must equal what the repository says now."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from shell import sacml

REPO = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    not (REPO / "README.md").exists(), reason="the README is not part of the wheel"
)


def test_the_figures_of_the_readme_are_those_of_the_repository():
    done = subprocess.run(
        [sys.executable, REPO / "experiments" / "readme.py", "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_empty_blocks_are_filled_and_filled_ones_replaced(monkeypatch):
    import importlib.util

    spec = importlib.util.spec_from_file_location("readme", REPO / "experiments" / "readme.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "BLOCKS", {"data": lambda: "| a |\n\\1 stays", "b": lambda: "x"})
    text = "before\n<!-- data -->\n<!-- /data -->\nbetween\n<!-- b -->\nold\n<!-- /b -->\nafter"
    once = module.filled(text)
    assert "<!-- data -->\n| a |\n\\1 stays\n<!-- /data -->\nbetween" in once
    assert "<!-- b -->\nx\n<!-- /b -->\nafter" in once
    assert module.filled(once) == once
    with pytest.raises(SystemExit, match="no block 'b'"):
        module.filled(text.replace("b -->", "c -->"))


def commands() -> list[str]:
    text = (REPO / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:sh|bash)\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("sacml ")]


@pytest.mark.parametrize("command", [c for c in commands() if c.split()[1] != "train"])
def test_the_commands_of_the_readme_run_as_printed(command, tmp_path):
    words = shlex.split(command, comments=True)
    done = sacml(*words[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_python_of_the_readme_runs_as_printed(tmp_path):
    text = (REPO / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    for block in blocks:
        done = subprocess.run(
            [sys.executable, "-c", block], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
