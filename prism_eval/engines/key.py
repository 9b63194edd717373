"""Which environment variable's key goes to which server: it is for whoever gave it out, and for nobody on the way."""

from __future__ import annotations

import json
import os
import re
from urllib.parse import urlsplit

from prism_eval.engines.address import VARIABLE, addresses_from, is_this_machine
from prism_eval.errors import FatalError, UsageError

DEFAULT = "OPENAI_API_KEY"
"""The variable that holds the key where no option names one."""
_ITS_HOST = "api.openai.com"
_HIDDEN = b"***"
_ESCAPES = (b"\\u00", b"\\/")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHORTEST_SECRET = 8
"""Characters: what is shorter, as the EMPTY that servers without keys are given, is a word that a caption may hold."""


def checked_name(name: str | None) -> str | None:
    """The name of an environment variable, as ``api_key_env`` gives it.

    Raises:
        UsageError: It is none.
    """
    if name and not _NAME.fullmatch(name):
        # Not quoted: whoever takes it for the key's own place has put the key there.
        raise UsageError("api_key_env is no name of an environment variable: put the key into one, and name that")
    return name


def variable_for(address: str, given: str | None) -> str:
    """The variable whose key goes to an address; empty for none.

    Args:
        address: The base URL.
        given: What ``api_key_env`` says. Without it the default key goes to its own host, to that of the environment's
            own address, and to this machine.
    """
    if given is not None:
        return given
    return DEFAULT if is_this_machine(address) or (_is_private(address) and _is_its_own(address)) else ""


def key_for(address: str, given: str | None) -> str:
    """The key itself, read when it is needed; empty for none.

    Raises:
        FatalError: It is no key, or everybody on the way could read it.
    """
    name = variable_for(address, given)
    key = os.environ.get(name, "").strip() if name else ""
    if not (key.isascii() and key.isprintable()):
        raise FatalError(f"${name} holds characters that no API key has: set it again")
    if key and not (is_this_machine(address) or _is_private(address)):
        raise FatalError(
            f"{address}: the key in ${name} is not sent over plain http: use https or a tunnel to 127.0.0.1, or say "
            "api_key_env= where the server wants none"
        )
    return key


def why_no_key(address: str, given: str | None) -> str:
    """What to say of a server that wants a key and was sent none."""
    if variable_for(address, given) or given is not None:
        return f"${given or DEFAULT} is not set"
    return f"${DEFAULT} goes to {_ITS_HOST} and this machine only: name this server's with api_key_env=VARIABLE"


def without_key(said: bytes, key: str) -> bytes:
    """A server's reply without the key, should the server hand it back: it would lie in stores and manifests for good.

    Args:
        said: The reply's body, of which any part may be kept: a text, an error's words, the name of a model.
        key: The key that was sent.
    """
    if len(key) < _SHORTEST_SECRET:
        return said
    # Spelt in JSON's escapes it is a key again as soon as it is read.
    if any(mark in said for mark in _ESCAPES):
        said = _unescaped(said, key)
    for secret in (key, _in_json(key)):
        said = said.replace(secret.encode(), _HIDDEN)
    return said


def _unescaped(said: bytes, key: str) -> bytes:
    try:
        plain = json.dumps(json.loads(said), ensure_ascii=False).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return said
    # Where it holds no key, it stays as it was sent.
    return plain if _in_json(key).encode() in plain else said


def _in_json(key: str) -> str:
    return json.dumps(key)[1:-1]


def _is_private(address: str) -> bool:
    return urlsplit(address).scheme == "https"


def _is_its_own(address: str) -> bool:
    host = urlsplit(address).hostname
    named = os.environ.get(VARIABLE, "").strip()
    return host in {_ITS_HOST, *(urlsplit(one).hostname for one in (addresses_from(named) if named else ()))}
