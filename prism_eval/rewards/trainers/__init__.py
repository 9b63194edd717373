"""The reward as each trainer wants to be handed one. No trainer is imported: each calls what it is given.

`texts` finds the caption in what a trainer hands over, `missing` is what becomes of a reward without a value where a
trainer knows no such thing, and `files` are the files that ``prism-eval reward init`` writes.
"""
