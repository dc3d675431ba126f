"""Versions and code revision."""

import subprocess
from importlib.metadata import version

import sacml
from sacml.tracking import environment


def test_requirements_name_installed_versions():
    lines = environment.requirements(("numpy", "no-such-library"))
    assert lines == (
        f"sacml=={sacml.__version__}",
        f"numpy=={version('numpy')}",
        "# no-such-library is not installed",
    )


def _git(folder, *arguments):
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder), *arguments],
        check=True,
        capture_output=True,
    )


def test_revision_of_a_clean_and_of_a_changed_checkout(tmp_path, monkeypatch):
    package = tmp_path / "sacml"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(sacml, "__file__", str(package / "__init__.py"))
    _git(tmp_path, "init")
    assert environment.code_revision() is None  # no commit yet
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-m", "first")
    clean = environment.code_revision()
    assert clean is not None
    assert len(clean) == 40
    (package / "__init__.py").write_text("changed = 1")
    assert environment.code_revision() == clean + "+changes"
    assert environment.common_tags()["mlflow.source.git.commit"] == clean


def test_no_revision_inside_somebody_elses_repository(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "sacml"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(sacml, "__file__", str(package / "__init__.py"))
    _git(tmp_path, "init")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-m", "theirs")
    assert environment.code_revision() is None


def test_no_revision_without_git(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert environment.code_revision() is None
