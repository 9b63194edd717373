"""A server that speaks as much of the Hugging Face hub's protocol as its own client needs to list and fetch files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class HubServer(ThreadingHTTPServer):
    """Serves data sets, a mapping from id to files, and remembers which files were fetched."""

    def __init__(self, datasets: Mapping[str, Mapping[str, bytes]], gated: frozenset[str] = frozenset()) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.datasets, self.gated = datasets, gated
        self.fetched: list[str] = []

    @property
    def url(self) -> str:
        """What ``HF_ENDPOINT`` is set to."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def hub_server(datasets: Mapping[str, Mapping[str, bytes]], gated: frozenset[str] = frozenset()) -> Iterator[HubServer]:
    """A running server."""
    with HubServer(datasets, gated) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _tree(files: Mapping[str, bytes], under: str, *, whole: bool) -> Iterator[dict[str, object]]:
    inside = {name.removeprefix(under): data for name, data in files.items() if name.startswith(under)}
    folders = {name.partition("/")[0] for name in inside if "/" in name}
    yield from ({"type": "directory", "path": f"{under}{name}", "size": 0, "oid": name} for name in sorted(folders))
    for name, data in inside.items():
        if whole or "/" not in name:
            yield {"type": "file", "path": f"{under}{name}", "size": len(data), "oid": _etag(data)}


class _Handler(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(body=True)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, *, body: bool) -> None:
        parts = unquote(urlsplit(self.path).path).strip("/").split("/")
        api = parts[0] == "api"
        dataset = "/".join(parts[2:4] if api else parts[1:3])
        files = self.server.datasets.get(dataset)
        if files is None:
            self._send(404, b"", {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"})
        elif api and parts[4:5] == ["tree"]:
            under = "".join(f"{part}/" for part in parts[6:])
            whole = "recursive=true" in urlsplit(self.path).query.lower()
            listed = list(_tree(files, under, whole=whole))
            self._send(200 if listed else 404, json.dumps(listed).encode(), {"Content-Type": "application/json"})
        elif api:
            siblings = [{"rfilename": name, "size": len(data)} for name, data in files.items()]
            info = {"id": dataset, "sha": COMMIT, "siblings": siblings, "private": False, "gated": False, "tags": []}
            self._send(200, json.dumps(info).encode(), {"Content-Type": "application/json"})
        elif dataset in self.server.gated:
            self._send(403, b"", {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted"})
        else:
            self._send_file("/".join(parts[5:]), files, body=body)

    def _send_file(self, name: str, files: Mapping[str, bytes], *, body: bool) -> None:
        if name not in files:
            self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        if body:
            self.server.fetched.append(name)
        headers = {"ETag": f'"{_etag(files[name])}"', "X-Repo-Commit": COMMIT, "X-Linked-Size": str(len(files[name]))}
        self._send(200, files[name], headers, body=body)

    def _send(self, status: int, data: bytes, headers: Mapping[str, str], *, body: bool = True) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(data)
