"""Run the command line as ``python -m sacml.cli``."""

from sacml.cli.app import main

main()
