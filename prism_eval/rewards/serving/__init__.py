"""The reward behind an address, for trainers that ask by HTTP and for several that share one reader.

`wire` reads and writes what goes over it, `admission` says whether there is room, `metrics` counts, `diary` keeps the
captions that are worth a look, and `application` is the server.
"""
