"""Where a server is: the form of its address, and who says it."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from prism_eval.errors import UsageError

VARIABLE = "OPENAI_BASE_URL"
"""The environment variable that says it where no option does, as for OpenAI's own clients."""


def addresses_from(given: str | Sequence[str]) -> tuple[str, ...]:
    """The base URLs that were given, else the environment's.

    Args:
        given: One, several with commas between them, or a list, which may be written as JSON.

    Raises:
        UsageError: Nothing says one, for images would go to whoever we guessed; or one is given twice.
    """
    texts = _listed(given) or _listed(os.environ.get(VARIABLE, ""))
    if not texts:
        raise UsageError(
            f"the openai engine needs the server's address: write base_url=http://HOST:PORT/v1 or set {VARIABLE}"
        )
    addresses = [base_url_of(text) for text in texts]
    if twice := [one for one in addresses if addresses.count(one) > 1]:
        raise UsageError(f"base_url names {twice[0]} twice")
    return tuple(addresses)


def _listed(given: str | Sequence[str]) -> list[str]:
    if isinstance(given, str) and given.lstrip().startswith("["):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError) as error:
            raise UsageError(f'base_url is no list of addresses, as ["http://a/v1", "http://b/v1"]: {error}') from None
    if isinstance(given, str):
        return given.split(",") if given.strip() else []
    if not all(isinstance(text, str) for text in given):
        raise UsageError("base_url lists something that is no address")
    return list(given)


def base_url_of(text: str) -> str:
    """The address under which ``/chat/completions`` and ``/models`` lie.

    A trailing slash and a trailing ``/chat/completions`` are dropped; a bare host gets the usual ``/v1``.

    Raises:
        UsageError: It is not an ``http://`` or ``https://`` address, or holds a password or a query.
    """
    stripped = text.strip().rstrip("/").removesuffix("/chat/completions").rstrip("/")
    if any(mark in stripped for mark in "@?#"):
        # Not quoted: what stands there may be a password.
        raise UsageError(
            "base_url holds a user name, password or query: give the address alone, and a key through api_key_env"
        )
    if " " in stripped or not stripped.isprintable():
        raise UsageError(f"base_url {text!r} holds a space or a control character")
    url = _split(stripped)
    if url.scheme not in ("http", "https"):
        raise UsageError(f"base_url {text!r} has no http:// or https:// in front: did you mean 'http://{stripped}'?")
    # Names of hosts have no case: two spellings must not be two servers.
    return f"{url.scheme}://{url.netloc.lower()}{url.path or '/v1'}"


@lru_cache(maxsize=64)  # asked of a handful of addresses, with every call
def is_this_machine(address: str) -> bool:
    """Whether a URL, or a host by itself, is this machine's own: nothing that is sent there leaves it."""
    host = urlsplit(address if "://" in address else f"//{address}").hostname or ""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    number = getattr(number, "ipv4_mapped", None) or number
    return number.is_loopback or number.is_unspecified


def _split(text: str) -> SplitResult:
    try:
        url = urlsplit(text)
        # Reading the port and encoding the host are what checks them.
        _ = url.port, (url.hostname or "").encode("idna")
    except ValueError as error:
        raise UsageError(f"base_url {text!r} is not an address: {error}") from None
    if url.scheme in ("http", "https") and not url.hostname:
        raise UsageError(f"base_url {text!r} names no host")
    return url
