"""Any engine that runs in process, as many times as a Ray cluster has room for.

`engine` is the plugin. It asks a `pool` of replicas: actors, each a `worker` around an engine of its own, made by a
`recipe` that travels. `cluster` is this process's connection to Ray, `pictures` what it keeps there of images.
Whatever imports ray does so inside its functions.
"""
