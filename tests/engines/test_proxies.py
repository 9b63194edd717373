"""The proxy on the way to a server: chosen as the environment says, named where it fails."""

from __future__ import annotations

import asyncio
import base64
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from prism_eval.engines.openai import OpenAIEngine
from prism_eval.engines.proxy import proxy_for, shown
from prism_eval.errors import CallError, FatalError, TransientError
from prism_eval.schema import Message, Request, Sampling
from tests.server.threaded import ThreadedServer

ASK = Request(messages=(Message("user", ("How many bars?",)),), sampling=Sampling())
PROXY = "http://proxy.lab:3128"


@pytest.mark.parametrize(
    ("variables", "url", "expected"),
    [
        ({}, "https://api.host/v1", None),
        ({"HTTPS_PROXY": PROXY}, "https://api.host/v1", PROXY),
        ({"HTTPS_PROXY": PROXY}, "http://api.host/v1", None),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other:1"}, "https://api.host/v1", PROXY),
        ({"HTTP_PROXY": "proxy.lab:3128"}, "http://api.host/v1", PROXY),
        ({"HTTP_PROXY": "me:pass@proxy.lab:3128"}, "http://api.host/v1", "http://me:pass@proxy.lab:3128"),
        ({"ALL_PROXY": PROXY}, "https://api.host/v1", PROXY),
        ({"all_proxy": PROXY}, "http://api.host/v1", PROXY),
        ({"ALL_PROXY": "http://other:1", "HTTPS_PROXY": PROXY}, "https://api.host/v1", PROXY),
        ({"ALL_PROXY": "socks5://s:1080", "HTTPS_PROXY": PROXY}, "https://api.host/v1", PROXY),
        ({"HTTP_PROXY": ""}, "http://api.host/v1", None),
    ],
)
def test_the_environment_chooses_the_proxy(
    variables: dict[str, str], url: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url) == expected


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]"])
def test_this_machine_is_reached_without_one(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.lab:1080")
    assert proxy_for(f"http://{host}:8000/v1") is None


@pytest.mark.parametrize(
    ("exceptions", "host", "direct"),
    [
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.1.2.3/8", "10.9.9.9", True),
        ("192.168.0.0/16, 10.0.0.0/8", "10.1.2.3", True),
        ("fd00::/8", "[fd12::1]", True),
        ("fd00::/8", "[2001:db8::1]", False),
        ("[fd12::1]", "[fd12::1]", True),
        ("fd12:0:0::1", "[fd12::1]", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.0.0.0/8", "gpu.lab", False),
        ("lab", "gpu.lab", True),
        (".lab", "gpu.lab", True),
        ("*.lab", "gpu.lab", True),
        ("*.lab", "gpu.notlab", False),
        ("GPU.lab", "gpu.lab", True),
        ("pu.lab", "gpu.lab", False),
        ("gpu.lab:8000", "gpu.lab:8000", True),
        ("gpu.lab:8000", "gpu.lab:8001", False),
        ("gpu.lab:80", "gpu.lab", True),
        ("[fd12::1]:8000", "[fd12::1]:8000", True),
        ("10.0.0.0/8:8000", "10.1.1.1:8000", True),
        ("*", "anything.at.all", True),
        ("*", "10.1.2.3", True),
        ("a.b c.d", "c.d", True),
        (" , ,", "gpu.lab", False),
        ("300.0.0.0/8", "10.1.2.3", False),
    ],
)
def test_no_proxy_lists_who_is_reached_directly(
    exceptions: str, host: str, direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    monkeypatch.setenv("no_proxy", exceptions)
    assert (proxy_for(f"http://{host}/v1") is None) == direct


@pytest.mark.parametrize(
    "proxy", ["socks5://me:hunter2@proxy:1080", "socks5h://p:1", "ftp://p", "http://", "http://p:port"]
)
def test_a_proxy_of_another_kind_is_refused_in_one_line(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(FatalError, match="the proxy") as caught:
        proxy_for("https://api.host/v1")
    assert "HTTPS_PROXY" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_password_is_never_shown() -> None:
    assert shown("http://me:p@ss@proxy:1") == "http://proxy:1"
    assert shown(PROXY) == PROXY


@asynccontextmanager
async def proxy(status: int, server: ThreadedServer | None = None) -> AsyncIterator[tuple[str, list[str]]]:
    """A forward proxy on the loopback interface: it hands on to a server, or answers with a status of its own."""
    asked: list[str] = []

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.decode())
        if server is None:
            writer.write(b"HTTP/1.1 %d Sorry\r\nContent-Length: 0\r\n\r\n" % status)
        else:
            there, out = await asyncio.open_connection("127.0.0.1", int(server.url.split(":")[2].split("/")[0]))
            path = head.split(b" ")[1].split(b"/", 3)[3]
            out.write(
                head.replace(head.split(b" ")[1], b"/" + path, 1).replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
            )
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0] or 0)
            out.write(await reader.readexactly(length))
            writer.write(await there.read())
            out.close()
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(hand_on, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", asked


async def failure(url: str) -> CallError:
    engine = OpenAIEngine(model="model", base_url=url, timeout=5)
    with pytest.raises(CallError) as caught:
        await engine.generate(ASK)
    await engine.close()
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)
    return caught.value


async def test_calls_go_through_the_proxy(
    serve: Callable[..., ThreadedServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxy(200, serve()) as (url, asked):
        monkeypatch.setenv("HTTP_PROXY", url.replace("http://", "me:hunter2@"))
        engine = OpenAIEngine(model="model", base_url="http://gpu.lab:8000/v1")
        assert (await engine.generate(ASK)).text.startswith("Answer: ")
        await engine.close()
    assert asked[-1].startswith("POST http://gpu.lab:8000/v1/chat/completions ")
    credentials = base64.b64encode(b"me:hunter2").decode()
    assert f"Proxy-Authorization: Basic {credentials}" in asked[-1]


async def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "me:hunter2@127.0.0.1:9")
    error = await failure("http://gpu.lab:8000/v1")
    assert "connection refused" in str(error)
    assert "(through the proxy http://127.0.0.1:9)" in str(error)


@pytest.mark.parametrize("status", [403, 407, 502, 503])
async def test_a_proxy_that_refuses_a_tunnel_is_named(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxy(status) as (url, asked):
        monkeypatch.setenv("HTTPS_PROXY", url)
        error = await failure("https://api.lab/v1")
    assert isinstance(error, FatalError if status < 500 else (FatalError, TransientError))
    assert f"the proxy answers HTTP {status}" in str(error)
    assert f"(through the proxy {url})" in str(error)
    assert asked[0].startswith("CONNECT api.lab:443 ")


async def test_a_proxy_that_wants_a_password_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxy(407) as (url, _):
        monkeypatch.setenv("HTTP_PROXY", url)
        error = await failure("http://gpu.lab:8000/v1")
    assert isinstance(error, FatalError)
    assert f"HTTP 407 through the proxy {url}: the proxy wants a user name and password" in str(error)


async def test_an_error_page_may_be_the_proxy_s(monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxy(504) as (url, _):
        monkeypatch.setenv("HTTP_PROXY", url)
        error = await failure("http://gpu.lab:8000/v1")
    assert f"HTTP 504 through the proxy {url}: " in str(error)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that nobody signed, for this machine."""
    file = tmp_path_factory.mktemp("tls") / "own.pem"
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", str(file), "-out", str(file.with_suffix(".crt"))),
        ],
        check=False,
        capture_output=True,
    )
    if made.returncode:
        pytest.skip("openssl makes no certificate here")
    return file


@asynccontextmanager
async def encrypted(certificate: Path) -> AsyncIterator[int]:
    """A server that keeps no list and serves the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.with_suffix(".crt"), certificate)
    runner = web.AppRunner(web.Application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def test_a_certificate_of_one_s_own_authority_names_the_variable(certificate: Path) -> None:
    async with encrypted(certificate) as port:
        error = await failure(f"https://localhost:{port}/v1")
    assert isinstance(error, FatalError)
    assert "its certificate is not trusted" in str(error)
    assert "SSL_CERT_FILE" in str(error)


async def test_plain_http_at_an_https_address_is_another_mistake(serve: Callable[..., ThreadedServer]) -> None:
    error = await failure(serve().url.replace("http://", "https://"))
    assert "is it http://?" in str(error)
    assert "SSL_CERT_FILE" not in str(error)
    assert not isinstance(error, TransientError)
