"""One JSON server over HTTP: its address, its connections, and what a failed exchange with it means."""

from __future__ import annotations

import asyncio
import datetime as dt
import email.utils
import io
import math
import ssl
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from prism_eval._version import __version__
from prism_eval.errors import CallError, FatalError, PermanentError, TransientError, UsageError

if TYPE_CHECKING:
    from aiohttp import ClientResponse

MAX_REPLY_BYTES = 16 * 2**20
_CONNECT_SECONDS = 10.0
_STREAMED_FROM_BYTES = 2**20
_QUOTED_CHARACTERS = 300
_ADVICE = "is the server running, and is base_url right?"


class Unreachable(TransientError):
    """No connection could be made at all."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the server did as asked."""
        return self.status == HTTPStatus.OK

    @property
    def unauthorized(self) -> bool:
        """Whether the server wants another key."""
        return self.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

    @property
    def redirect(self) -> bool:
        """Whether the server points elsewhere."""
        return HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST


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
    return stripped if url.path else f"{stripped}/v1"


def retry_after_seconds(header: str | None, *, now: float | None = None) -> float | None:
    """Seconds to wait according to a ``Retry-After`` header (RFC 9110, section 10.2.3): a number or an HTTP date."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = _seconds_until(header, time.time() if now is None else now)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def one_line(text: str) -> str:
    """Untrusted text as one short printable line."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[:4000]).split())
    return line if len(line) <= _QUOTED_CHARACTERS else f"{line[:_QUOTED_CHARACTERS].rstrip()}…"


class Server:
    """Connections to one server, made and used in one event loop.

    Args:
        base_url: As `base_url_of` returns it.
        key: Sent as a bearer token; none is sent if empty. Never part of a message.
        timeout: Seconds an exchange may take, not counting the wait for a free connection.
        concurrency: Exchanges under way at once; further ones wait.
    """

    def __init__(self, base_url: str, *, key: str, timeout: float, concurrency: int) -> None:
        import aiohttp

        self.base_url = base_url
        self.loop = asyncio.get_running_loop()
        self._key = key
        self._timeout = timeout
        self._proxy = _proxy_for(base_url)
        self._slots = asyncio.Semaphore(concurrency)
        headers = {"User-Agent": f"prism-eval/{__version__}", "Accept": "application/json"}
        # Compressing short replies costs a local server more than the bytes are worth.
        headers["Accept-Encoding"] = "identity"
        if key:
            headers["Authorization"] = f"Bearer {key}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=concurrency), headers=headers, cookie_jar=aiohttp.DummyCookieJar()
        )

    async def get(self, path: str, *, seconds: float) -> Reply:
        """Ask for a path, within so many seconds; raises like `post`."""
        return await self._exchange("GET", path, None, min(seconds, self._timeout))

    async def post(self, path: str, body: bytes) -> Reply:
        """Send JSON to a path and return the reply, whatever its status.

        Raises:
            Unreachable: No connection could be made.
            TransientError: The exchange took too long or broke off.
            PermanentError: The reply is longer than `MAX_REPLY_BYTES`.
            FatalError: The server's certificate is not trusted, or it does not speak TLS.
        """
        return await self._exchange("POST", path, body, self._timeout)

    def quote(self, text: str) -> str:
        """Something the server said as one short line, without the key should the server repeat it."""
        return one_line(text.replace(self._key, "***") if self._key else text)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _exchange(self, method: str, path: str, body: bytes | None, seconds: float) -> Reply:
        import aiohttp

        limits = aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds / 2, _CONNECT_SECONDS))
        async with self._slots:
            try:
                async with self._session.request(
                    method,
                    f"{self.base_url}{path}",
                    data=_payload(body),
                    headers={"Content-Type": "application/json"} if body is not None else None,
                    allow_redirects=False,
                    timeout=limits,
                    proxy=self._proxy,
                ) as response:
                    return Reply(response.status, response.headers, await self._read(response))
            except (aiohttp.ClientError, OSError) as error:
                # Not chained: aiohttp's errors can hold the request's headers, and with them the key.
                raise self._meaning(error, seconds) from None

    async def _read(self, response: ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > MAX_REPLY_BYTES:
                raise PermanentError(f"{self.base_url}: the reply is longer than {MAX_REPLY_BYTES // 2**20} MiB")
        return bytes(body)

    def _meaning(self, error: Exception, seconds: float) -> CallError:
        import aiohttp

        kind: type[CallError] = TransientError
        match error:
            case aiohttp.ClientSSLError() | ssl.SSLError():
                kind, words = FatalError, f"no trusted TLS connection ({one_line(str(error))}); is it http://?"
            case aiohttp.ConnectionTimeoutError():
                kind, words = Unreachable, f"cannot connect (no reply from the host); {_ADVICE}"
            case TimeoutError():
                words = f"no complete reply within {seconds:g} s"
            case aiohttp.ClientConnectorError():
                kind, words = Unreachable, f"cannot connect ({_reason(error.os_error)}); {_ADVICE}"
            case aiohttp.ClientPayloadError():
                words = "the server cut its reply short"
            case aiohttp.ClientResponseError():
                words = f"the reply is not HTTP; {_ADVICE}"
            case _:
                words = "the server closed the connection without a reply"
        return kind(f"{self.base_url}: {words}")


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


def _seconds_until(date: str, now: float) -> float:
    try:
        moment = email.utils.parsedate_to_datetime(date)
    except ValueError:
        return math.nan
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC).timestamp() - now


def _proxy_for(base_url: str) -> str | None:
    # Read here once: aiohttp's own trust_env would look it up for every request, and sends .netrc passwords.
    url = urlsplit(base_url)
    host = url.hostname or ""
    if host in ("localhost", "::1") or host.startswith("127.") or urllib.request.proxy_bypass(host):
        return None
    return urllib.request.getproxies().get(url.scheme)


def _payload(body: bytes | None) -> bytes | io.BytesIO | None:
    # aiohttp writes a file object in pieces, where one long write would hold up every other request.
    return io.BytesIO(body) if body is not None and len(body) >= _STREAMED_FROM_BYTES else body


def _reason(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return one_line(error.strerror or str(error))
