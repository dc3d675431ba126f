"""What to label next, and why."""

from sacml.design.acquisition.batch import Batch, Pick
from sacml.design.acquisition.choice import FEWEST, next_batch
from sacml.design.acquisition.costs import label_costs

__all__ = ["FEWEST", "Batch", "Pick", "label_costs", "next_batch"]
