"""A model in this very process, by Hugging Face's transformers: on a CPU, with CUDA or on Apple's chips.

`engine` is the plugin. It asks a `resident`: a model in memory, shared by all engines that name the same one, and the
thread it works in. What waits for that thread stands in a `queue`; `generating`, `continuous` and `ranking` are the
three ways of working it off. Whatever imports torch or transformers does so inside its functions.
"""
