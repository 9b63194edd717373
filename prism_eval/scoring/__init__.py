"""From a reply to a verdict: extraction by our own rule, then each benchmark's own comparison.

One module a family of benchmarks. `prism_eval.scoring.base.Scorer` is the contract; scorers are found by name through
the entry-point group ``prism_eval.scorers``.
"""
