"""Where the server's bearer token stands: not on a command line, which everybody on a machine can read."""

from __future__ import annotations

TOKEN = "PRISM_EVAL_REWARD_TOKEN"
"""The environment variable, of the server as of whoever asks it."""
