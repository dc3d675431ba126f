"""The closed loop: propose, label, take in, fit, judge, propose again."""

from sacml.workflows.loop.run import LoopResult, run_loop

__all__ = ["LoopResult", "run_loop"]
