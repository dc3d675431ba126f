import warnings

import pytest

with warnings.catch_warnings():
    # torch_geometric calls torch.jit.script while it is imported
    warnings.simplefilter("ignore", DeprecationWarning)
    pytest.importorskip("torch_geometric.nn")
    pytest.importorskip("lightning.pytorch")

import torch

torch.set_num_threads(1)
