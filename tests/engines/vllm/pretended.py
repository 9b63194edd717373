"""A program that pretends to be vLLM's server, and engines that start it in its place."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from prism_eval.engines.vllm import served
from prism_eval.engines.vllm.engine import VLLMEngine

_PROGRAM = """
import http.server, json, os, subprocess, sys, time

how, words = sys.argv[1], sys.argv[2:]
value = lambda flag: words[words.index(flag) + 1]
name = value("--served-model-name")
print("(APIServer pid=1) INFO 11-26 18:44:21 [api.py:1] starting", *words, flush=True)
if how == "dies":
    print("(EngineCore pid=2) ValueError: the weights are of another model", flush=True)
    print("(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above.", flush=True)
    sys.exit(1)
# An engine core, deaf to polite words as one that computes may be.
deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
core = subprocess.Popen([sys.executable, "-c", deaf])


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, body, status=200):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        listed = {"id": "someone-else" if how == "another" else name, "root": "/weights", "max_model_len": 512}
        self.answer({"data": [listed]} if "models" in self.path else {})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if how == "falls":
            print("(EngineCore pid=2) torch.OutOfMemoryError: CUDA out of memory", flush=True)
            self.answer({"error": {"message": "EngineCore encountered an issue."}}, 500)
            os._exit(1)
        said = json.dumps({"key": self.headers.get("Authorization"), "asked": asked})
        choice = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        self.answer({"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 2}})


http.server.ThreadingHTTPServer(("127.0.0.1", int(value("--port"))), Handler).serve_forever()
"""


@dataclass
class Pretending:
    """Makes engines whose server pretends."""

    monkeypatch: pytest.MonkeyPatch
    folder: Path

    def engine(self, how: str = "", **options: Any) -> VLLMEngine:
        """One of a model that is hardly one."""
        model = self.folder / "tiny"
        model.mkdir(exist_ok=True)
        (model / "config.json").write_text('{"model_type": "qwen2", "max_position_embeddings": 512}')
        self.monkeypatch.setattr(served, "SERVER", (sys.executable, "-c", _PROGRAM, how))
        self.monkeypatch.setattr(served, "_GRACE", 0.5)
        return VLLMEngine(model=str(model), serve=True, **{"logs": self.folder, **options})

    @property
    def log(self) -> str:
        """What the server said."""
        return (self.folder / "vllm-tiny.log").read_text()
