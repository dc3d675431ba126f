"""Graph networks on structures of `sacml.structures.graphs`.

The modules need the packages of the extra ``gnn``; this one imports none of them.
"""

from importlib.util import find_spec

from sacml.errors import SacmlError

NETWORK, WEIGHTS = "network.json", "weights.safetensors"
"""Files of a stored ensemble: sizes, names and scalers; tensors."""
PACKAGES = ("torch", "torch_geometric", "lightning", "vesin", "safetensors")


def require_packages() -> None:
    """Check that the packages of graph networks are installed.

    Raises
    ------
    SacmlError
        Naming what is missing and how to install it.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise SacmlError(
            f"graph networks need {', '.join(missing)}: run "
            "pip install -c constraints.txt 'sacml[gnn]'"
        )
