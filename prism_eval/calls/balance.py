"""Which of a model's replicas a call goes to: the least busy; of several, the one that has read its beginning."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def least_busy(loads: Mapping[str, int], beginning: str, *, slack: int = 0) -> str:
    """The replica that is to be asked.

    Of those that are equally busy it is the one whose hash together with the beginning is highest (rendezvous hashing:
    Thaler and Ravishankar, 1998). So it is the same one for all questions about a caption, in this run and the next,
    and a replica that goes away moves only what was its own.

    Args:
        loads: The calls in flight at each replica that may be asked, by its name; at least one.
        beginning: What the call shares with others that should meet one prefix cache, as `beginning_of` says.
        slack: Calls by which one may be busier than the least busy and still pass for equally busy.
    """
    enough = min(loads.values()) + slack
    digest = hashlib.sha256(beginning.encode("utf-8", "surrogatepass")).digest()
    near = (name for name, load in loads.items() if load <= enough)
    return max(near, key=lambda name: hashlib.sha256(name.encode() + digest).digest())
