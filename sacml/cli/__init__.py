"""The `sacml` command: each command is a few lines over a workflow."""

from sacml.cli.app import main

__all__ = ["main"]
