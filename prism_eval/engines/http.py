"""One JSON server over HTTP: connections to it, and what an exchange that fails on the way means."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from prism_eval._version import __version__
from prism_eval.engines.body import Body
from prism_eval.engines.key import without_key
from prism_eval.engines.proxy import proxy_for, shown
from prism_eval.engines.replies import status_meant
from prism_eval.engines.time_limit import TimeLimit, shared_at
from prism_eval.errors import CallError, Cause, FatalError, PermanentError, TransientError, Unavailable

if TYPE_CHECKING:
    from aiohttp import ClientResponse

# A caption or an answer is a few kilobytes; what is longer by far is none, and must not fill the memory.
MAX_REPLY_BYTES = 16 * 2**20
_CONNECT_SECONDS = 10.0
_QUOTED_CHARACTERS = 300
# OpenSSL's numbers for a certificate that is not yet or no longer valid, or another host's.
_WRONG_ITSELF = frozenset({9, 10, 62, 64})
_ADVICE = "is the server running, and is base_url right?"


class Unanswered(Unavailable):
    """A connection was closed where nobody has ever answered."""

    def __init__(self, message: str) -> None:
        super().__init__(message, unproven=True)


class Unreachable(Unanswered):
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

    def as_meant(self) -> Reply:
        """The same under the status it should have had: gateways send errors under 200."""
        status = status_meant(self.body) if self.ok else None
        return self if status is None else replace(self, status=status)

    @property
    def unauthorized(self) -> bool:
        """Whether the server wants another key."""
        return self.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

    @property
    def invalid(self) -> bool:
        """Whether the server found something in the request that it does not take."""
        return self.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)

    @property
    def redirect(self) -> bool:
        """Whether the server points elsewhere."""
        return HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST


def one_line(text: str) -> str:
    """Untrusted text as one short printable line."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[:4000]).split())
    return line if len(line) <= _QUOTED_CHARACTERS else f"{line[:_QUOTED_CHARACTERS].rstrip()}…"


class Server:
    """Connections to one server, as many as there are exchanges, made and used in one event loop.

    Args:
        base_url: As `prism_eval.engines.address.base_url_of` returns it.
        key: Sent as a bearer token; none is sent if empty. Never part of a message.
        timeout: Seconds an exchange may take; see `TimeLimit`.

    Attributes:
        proxy: The proxy on the way, as messages name it; empty for none.
    """

    def __init__(self, base_url: str, *, key: str, timeout: float) -> None:
        import aiohttp

        self.base_url = base_url
        self.loop = asyncio.get_running_loop()
        self._key = key
        self._time = TimeLimit(timeout)
        self._shared = shared_at(base_url)
        self._shared.limits.add(self._time)
        self._reached = False
        # Looked up once: aiohttp's own trust_env would do it for every request, and sends .netrc passwords.
        self._proxy = proxy_for(base_url)
        # What fails on the way may well be the proxy's doing, of which its user need not even know.
        self.proxy = shown(self._proxy) if self._proxy else ""
        headers = {"User-Agent": f"prism-eval/{__version__}", "Accept": "application/json"}
        # Compressing short replies costs a local server more than the bytes are worth.
        headers["Accept-Encoding"] = "identity"
        if key:
            headers["Authorization"] = f"Bearer {key}"
        self._session = aiohttp.ClientSession(
            # No limit: a wait for a free connection would count as the server's time. Who calls keeps the limit.
            connector=aiohttp.TCPConnector(limit=0),
            headers=headers,
            # A load balancer's cookie would send every call to one replica.
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def get(self, path: str, *, seconds: float) -> Reply:
        """Ask for a path, within so many seconds; raises like `post`."""
        seconds = min(seconds, self._time.seconds)
        return await self._exchange("GET", path, None, asyncio.timeout(seconds), seconds)

    async def post(self, path: str, body: Body) -> Reply:
        """Send JSON to a path and return the reply, whatever its status.

        Raises:
            Unreachable: No connection could be made.
            Unavailable: It was closed without a reply.
            TransientError: The exchange took too long or broke off.
            PermanentError: The reply is longer than `MAX_REPLY_BYTES`.
            FatalError: The server's certificate is not trusted, or it does not speak TLS.
        """
        reply = await self._exchange("POST", path, body, self._time.kept(), self._time.seconds)
        if reply.ok:
            self._shared.replied()
        return reply

    def quote(self, text: str) -> str:
        """Something the server said as one short line, without the key should the server repeat it."""
        return one_line(text.replace(self._key, "***") if self._key else text)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _exchange(
        self, method: str, path: str, body: Body | None, limit: AbstractAsyncContextManager[object], seconds: float
    ) -> Reply:
        import aiohttp

        from prism_eval.engines.payload import BodyPayload

        # Connecting has less time than the whole, so that nobody there is told from nobody answering.
        connecting = aiohttp.ClientTimeout(total=None, sock_connect=min(seconds / 2, _CONNECT_SECONDS))
        try:
            async with (
                limit,
                self._session.request(
                    method,
                    f"{self.base_url}{path}",
                    data=BodyPayload(body) if body is not None else None,
                    # Elsewhere the key would go to somebody it was not meant for.
                    allow_redirects=False,
                    timeout=connecting,
                    proxy=self._proxy,
                ) as response,
            ):
                self._reached = True
                return Reply(response.status, response.headers, await self._read(response))
        except (aiohttp.ClientError, OSError) as error:
            # Not chained: aiohttp's errors can hold the request's headers, and with them the key.
            raise self._meaning(error, seconds) from None

    async def _read(self, response: ClientResponse) -> bytes:
        # Not response.read(), which takes whatever a server sends.
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > MAX_REPLY_BYTES:
                much = f"{self.base_url}: the reply is longer than {MAX_REPLY_BYTES // 2**20} MiB"
                raise PermanentError(much, cause=Cause.TOO_LONG)
        return without_key(bytes(body), self._key)

    def _meaning(self, error: Exception, seconds: float) -> CallError:
        import aiohttp

        kind: type[CallError] = TransientError
        # From the narrow to the wide: aiohttp's errors inherit from each other and from OSError.
        match error:
            case aiohttp.ClientConnectorCertificateError():
                kind, words = FatalError, _distrust(error.certificate_error)
            case aiohttp.ClientSSLError() | ssl.SSLError():
                kind, words = FatalError, f"no trusted TLS connection ({one_line(str(error))}); is it http://?"
            case aiohttp.ConnectionTimeoutError():
                kind, words = Unreachable, f"cannot connect (no reply from the host); {_ADVICE}"
            case TimeoutError():
                words = f"no complete reply within {seconds:g} s; where replies take longer, raise timeout= in the spec"
            # A name that never led anywhere is a slip; one that did will again.
            case aiohttp.ClientConnectorError(os_error=socket.gaierror()) if not self._reached:
                kind, words = FatalError, f"cannot connect ({_reason(error.os_error)}); {_ADVICE}"
            case aiohttp.ClientConnectorError():
                kind, words = Unreachable, f"cannot connect ({_reason(error.os_error)}); {_ADVICE}"
            case aiohttp.ClientHttpProxyError():
                kind, words = _refused_by_proxy(error.status), f"the proxy answers HTTP {error.status}"
            case aiohttp.ClientPayloadError():
                words = "the server cut its reply short"
            case aiohttp.ClientResponseError():
                words = f"the reply is not HTTP; {_ADVICE}"
            case _:
                # Container hosts and tunnels hold the port open of what is being started, and of what starts again.
                kind = Unavailable if self._shared.worked else Unanswered
                words = f"the server closed the connection without a reply; {_ADVICE}"
        way = f" (through the proxy {self.proxy})" if self.proxy else ""
        return kind(f"{self.base_url}: {words}{way}")


def _distrust(error: Exception) -> str:
    words = one_line(str(error.args[-1]) if error.args else str(error))
    # Its own authority is what most such servers lack; no file of authorities mends a date or a name.
    wrong_itself = isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in _WRONG_ITSELF
    cure = "" if wrong_itself else "; put its authority's certificate into a file and name that in SSL_CERT_FILE"
    return f"its certificate is not trusted ({words}){cure}"


def _refused_by_proxy(status: int) -> type[CallError]:
    wants_more = (HTTPStatus.PROXY_AUTHENTICATION_REQUIRED, HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED)
    return FatalError if status in wants_more else Unreachable


def _reason(error: OSError) -> str:
    # The system's own words differ from one system to the next, and name numbers that help nobody.
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return one_line(error.strerror or str(error))
