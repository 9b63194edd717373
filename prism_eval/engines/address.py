"""Where a server is: the form of its address, and the proxy on the way there."""

from __future__ import annotations

import urllib.request
from urllib.parse import SplitResult, urlsplit

from prism_eval.errors import UsageError


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


def proxy_for(base_url: str) -> str | None:
    """The proxy that the environment or the system names for an address, never one for this machine itself."""
    url = urlsplit(base_url)
    host = url.hostname or ""
    if host in ("localhost", "::1") or host.startswith("127.") or urllib.request.proxy_bypass(host):
        return None
    return urllib.request.getproxies().get(url.scheme)


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
