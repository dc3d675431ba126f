"""Structures with a number of the user's own: what `sacml train --structures` learns from."""

from sacml.data.samples.read import read_samples
from sacml.data.samples.samples import Sample, SampleError, SampleProblem, Samples

__all__ = ["Sample", "SampleError", "SampleProblem", "Samples", "read_samples"]
