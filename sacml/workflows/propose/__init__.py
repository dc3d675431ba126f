"""Which sites an alkali metal asks for under a lab's constraints, and the answer as a folder."""

from sacml.workflows.propose.ask import Asked, ask, propose

__all__ = ["Asked", "ask", "propose"]
