"""A model by vLLM: in this very process, or behind a server of its own that is started and ended with the run.

`engine` is the plugin. It asks a `host`, shared by all engines that name the same model: a `resident`, vLLM's engine in
a thread of this process, or a `served` model, vLLM's server as a child, spoken to as any other server is. `arguments`
says either of them what the spec asks for; `adapter` is all that knows vLLM's Python interface, which is young; `leash`
is a small program that sees to it that nothing is left running, and `log` the file that their words go to. Whatever
imports vllm does so inside its functions.
"""
