"""Ready inputs of DFT codes with the settings of our protocol.

::

    write_inputs(build("Co-N4@graphene", "Li"), "out", ("vasp", "gpaw"))

Each file says in comments what is the same as in the protocol and what is only the nearest
equivalent. No pseudopotential or POTCAR is written.
"""

from sacml.structures.inputs.protocol import InputError, Settings
from sacml.structures.inputs.write import CODES, write_inputs

__all__ = ["CODES", "InputError", "Settings", "write_inputs"]
