"""Synthetic twins: small data sets rendered from a seed, in the schemas of the real benchmarks.

A twin needs no download and carries, besides the benchmark's own columns, a column ``facts``: for each image of a
row, the statements that answer everything asked about it. Scores on a twin say whether the machinery works, and
nothing about a model.
"""

from prism_eval.twins.cache import VERSION, ensure, generate, names

__all__ = ["VERSION", "ensure", "generate", "names"]
