"""The proxy on the way to a server, as the environment or the system names it."""

from __future__ import annotations

import ipaddress
import re
import urllib.request
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from prism_eval.errors import FatalError

_PORTS = {"http": 80, "https": 443}
_WITH_PORT = re.compile(r"(?P<host>\[[^]]*\]|[^:]*):(?P<port>\d+)")


def proxy_for(base_url: str) -> str | None:
    """The proxy for an address, never one for this machine itself.

    ``HTTPS_PROXY`` or ``HTTP_PROXY``, else ``ALL_PROXY``; a proxy without a scheme is an HTTP proxy. ``NO_PROXY`` lists
    who is reached directly: hosts and all below them (``.lab``, ``*.lab``, ``lab``), addresses, ranges of addresses
    (``10.0.0.0/8``), each with or without a port, or ``*`` for everybody.

    Raises:
        FatalError: The proxy is no HTTP proxy, or its address is none.
    """
    url = urlsplit(base_url)
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or _is_direct(url, proxies.get("no", "").replace(",", " ").split()):
        return None
    return _checked(proxy if "://" in proxy else f"http://{proxy}")


def shown(proxy: str) -> str:
    """A proxy as messages name it: without its user name and password."""
    scheme, _, rest = proxy.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _is_direct(url: SplitResult, exceptions: Iterable[str]) -> bool:
    host = url.hostname or ""
    port = url.port or _PORTS.get(url.scheme)
    address = _address(host)
    local = host == "localhost" if address is None else address.is_loopback
    # The system's own list of exceptions is asked too: macOS and Windows keep one.
    return local or any(_excepts(one, host, port) for one in exceptions) or bool(urllib.request.proxy_bypass(host))


def _excepts(pattern: str, host: str, port: int | None) -> bool:
    with_port = _WITH_PORT.fullmatch(pattern)
    if with_port:
        pattern = with_port["host"]
        if int(with_port["port"]) != port:
            return False
    pattern = pattern.strip("[]").lower()
    address = _address(host)
    if address is not None:
        return pattern == "*" or _is_within(address, pattern)
    name = pattern.removeprefix("*").removeprefix(".")
    return pattern == "*" or (bool(name) and (host == name or host.endswith(f".{name}")))


def _is_within(address: ipaddress.IPv4Address | ipaddress.IPv6Address, pattern: str) -> bool:
    try:
        # Not strict: 10.1.2.3/8 means the range that it is in.
        return address in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return False


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _checked(proxy: str) -> str:
    try:
        url = urlsplit(proxy)
        _ = url.port
    except ValueError:
        url = urlsplit("")
    if url.scheme not in _PORTS:
        raise FatalError(
            f"the proxy {shown(proxy)} is no HTTP proxy, and no other kind is supported: name one in HTTPS_PROXY, or "
            "the server in NO_PROXY"
        )
    if not url.hostname:
        raise FatalError(f"the proxy {shown(proxy)} is no address: mend HTTPS_PROXY, HTTP_PROXY or ALL_PROXY")
    return proxy
