"""Host families; every module of this folder is loaded by `sacml.structures.registry.builders`."""
