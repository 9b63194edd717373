"""A GGUF model in this very process, by llama.cpp's own server through xllamacpp: no torch, no compiler, no GPU needed.

`engine` is the plugin. It asks a `resident`: a model in memory, shared by all engines that name the same one, behind a
port of this machine and a key that only this process knows. `slots` says which of the model's places a request takes,
so that questions on one caption find it read; `wording` turns requests into llama.cpp's words and its errors into ours;
`forcing` makes it rank options.
"""
