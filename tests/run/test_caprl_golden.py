"""CapRL's own program and protocol `caprl`, on the same questions, captions and replies."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import fmean
from typing import Any

import pyarrow.parquet as pq
import pytest

from prism_eval import evaluate
from prism_eval.engines import Engine
from prism_eval.errors import FatalError, UsageError
from prism_eval.plan import load_protocol
from prism_eval.reasoners.prompted import PromptedReasoner
from prism_eval.run.rescoring import rescore
from prism_eval.schema import Completion, Request

NAMES = ("chartqa", "infovqa", "mmmu")


class Canned:
    """Serves the captions and replies that CapRL's program was given, and keeps what it is asked.

    Args:
        said: The captions by image and sample, the replies by question and sample.
    """

    def __init__(self, said: dict[str, Any]) -> None:
        self.bodies: list[tuple[str, dict[str, Any]]] = []
        self.chats_only = False
        self._said = said
        self._captioned: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reply(self, path: str, body: dict[str, Any]) -> str:
        """What is said to a request."""
        with self._lock:
            self.bodies.append((path, body))
            parts = [part for message in body.get("messages", ()) for part in message["content"]]
            shown = [part["image_url"]["url"] for part in parts if isinstance(part, dict) and "image_url" in part]
            if not shown:
                text = body.get("prompt") or "".join(message["content"] for message in body["messages"])
                return self._answer(text)
            digest = hashlib.sha256(base64.b64decode(shown[0].partition(",")[2])).hexdigest()
            if digest not in self._said["sha256"]:  # a probe's
                return "white"
            image = self._said["sha256"][digest]
            return str(self._said["captions"][image][body["seed"] % 4])

    def _answer(self, prompt: str) -> str:
        for asked in self._said["questions"]:
            for caption, reply in zip(self._said["captions"][asked["image"]], asked["replies"], strict=True):
                if caption in prompt and asked["question"] in prompt:
                    return str(reply["text"])
        return "yes"

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """The requests that were no probes."""
        asked = [one for one in self.bodies if not isinstance(one[1].get("prompt"), list)]
        return [(path, body) for path, body in asked if "Say yes." not in json.dumps(body)]


@pytest.fixture
def golden(shared: Path) -> Path:
    folder = shared / "cases" / "caprl_golden"
    if not folder.is_dir():
        pytest.skip(f"no cases at {folder}")
    return folder


@pytest.fixture
def server(golden: Path) -> Iterator[tuple[str, Canned]]:
    canned = Canned(json.loads((golden / "canned.json").read_text("utf-8")))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send({"data": [{"id": "m"}]})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if canned.chats_only and self.path.endswith("/v1/completions"):
                self._send({"detail": "Not Found"}, 404)
                return
            text = canned.reply(self.path, asked)
            said = {"text": text} if self.path.endswith("/v1/completions") else {"message": {"content": text}}
            self._send({"choices": [{**said, "finish_reason": "stop"}]})

        def _send(self, value: object, status: int = 200) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}/v1", canned
    listening.shutdown()
    listening.server_close()


def run(golden: Path, address: str, out: Path, protocol: str = "caprl", captioner: str = "") -> list[dict[str, Any]]:
    spec = f"openai:m?base_url={address}"
    evaluate(
        captioner or spec,
        reasoner=spec,
        benchmarks=[f"{name}:caprl" for name in NAMES],
        data=golden,
        protocol=protocol,
        out=out / "run",
        store=out / "store.sqlite",
    )
    return pq.read_table(out / "run" / "verdicts.parquet").to_pylist()


def scores(rows: list[dict[str, Any]], name: str) -> dict[str, list[float]]:
    found: dict[str, dict[int, float]] = {}
    for row in rows:
        if row["benchmark"] == f"{name}:caprl":
            found.setdefault(row["question"], {})[row["sample"]] = row["score"]
    return {question: [by_sample[sample] for sample in sorted(by_sample)] for question, by_sample in found.items()}


def test_a_run_is_the_program_to_the_last_prompt_and_score(golden: Path, server: Any, tmp_path: Path) -> None:
    address, canned = server
    expected = json.loads((golden / "expected.json").read_text("utf-8"))
    rows = run(golden, address, tmp_path)
    for name in NAMES:
        found = scores(rows, name)
        assert len(found) == len(expected[name]["questions"])
        for asked in expected[name]["questions"]:
            given = found[asked["question"].partition("\nA. ")[0]]  # the options stand in a column of their own
            assert given == pytest.approx(asked["caprl"]), asked["question"]
            assert fmean(given) == pytest.approx(asked["mean"])
            assert max(given) == pytest.approx(asked["best"])
        assert fmean(map(fmean, found.values())) == pytest.approx(expected[name]["mean"])

    captions = [body for path, body in canned.calls if path.endswith("/chat/completions")]
    answers = [body for path, body in canned.calls if path == "/v1/completions"]
    # Byte for byte, each caption with each of its questions; captions belong to images.
    assert Counter(body["prompt"] for body in answers) == Counter(expected["calls"]["answer_prompts"])
    assert len(captions) == 4 * len(json.loads((golden / "canned.json").read_text("utf-8"))["captions"])
    (prompt,) = expected["calls"]["caption_prompts"]
    for body in captions:
        ((message),) = body["messages"]
        picture, text = message["content"]
        assert (message["role"], picture["type"]) == ("user", "image_url")
        assert prompt == (
            f"<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>{text['text']}<|im_end|>\n"
            "<|im_start|>assistant\n"
        )
    for bodies, sampling in ((captions, "caption_sampling"), (answers, "answer_sampling")):
        asked = {key: value for key, value in expected["calls"][sampling].items() if key != "n"} | {"top_k": -1}
        assert all({key: body[key] for key in asked} == asked for body in bodies)

    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text("utf-8"))
    assert any("as they are, in no chat template" in remark for remark in manifest["reasoner"]["remarks"])
    assert rescore(tmp_path / "run").changed == ()


def test_the_chat_endpoint_is_asked_turn_by_turn_and_the_run_says_so(golden: Path, server: Any, tmp_path: Path) -> None:
    address, canned = server
    rows = run(golden, address, tmp_path, "caprl?answer.through=chat")
    expected = json.loads((golden / "expected.json").read_text("utf-8"))
    assert all(path.endswith("/chat/completions") for path, _ in canned.calls)
    for name in NAMES:
        assert fmean(map(fmean, scores(rows, name).values())) == pytest.approx(expected[name]["mean"])
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text("utf-8"))
    assert any("turn by turn through its chat" in remark for remark in manifest["reasoner"]["remarks"])


def test_system_turn_and_prefill_are_untouched_and_a_prompt_without_its_mark_is_sent_as_it_is(
    golden: Path, server: Any, tmp_path: Path
) -> None:
    address, canned = server
    home = tmp_path / "data" / "caprl"
    (home / "json_file").mkdir(parents=True)
    shutil.copytree(golden / "caprl" / "bench_image_folder", home / "bench_image_folder")
    picture = "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>"
    mark = picture.removeprefix("<|im_start|>user\n")
    system = "<|im_start|>system\nThink, é.<|im_end|>\n"
    own = "<|im_end|>\n<|im_start|>assistant\n"
    prompts = [
        f"{system}{picture}Here {mark} or there?{own}<think>\n",
        f"<|im_start|>user\nLook: {mark}How tall?{own}",
    ]
    image = [{"role": "user", "content": [{"type": "image", "image": "/theirs/bench_image_folder/made/bars.png"}]}]
    rows = [
        {"image": image, "prompt": prompt, "answer": answer}
        for prompt, answer in zip(prompts, (3, ["a", "b"]), strict=True)
    ]
    # JSON Lines, and golds that are no text.
    text = "\n".join(json.dumps(row) for row in rows)
    (home / "json_file" / "lmm_eval_chartqa.jsonl").write_text(text, "utf-8")
    spec = f"openai:m?base_url={address}"
    evaluate(
        spec,
        reasoner=spec,
        benchmarks=["chartqa:caprl"],
        data=home.parent,
        protocol="caprl",
        out=tmp_path / "run",
        store=tmp_path / "store.sqlite",
    )
    sent = [body["prompt"] for path, body in canned.calls if path == "/v1/completions"]
    whole = "Here is a detailed caption of an image: {}. Please answer the question based on the caption."
    captions = json.loads((golden / "canned.json").read_text("utf-8"))["captions"]["bars"]
    wanted = [prompts[0].replace(picture, f"<|im_start|>user\n{whole.format(caption)}") for caption in captions]
    assert Counter(sent) == Counter([*wanted, *[prompts[1]] * 4])
    assert all(f"{mark} or there?" in prompt and prompt.endswith("assistant\n<think>\n") for prompt in wanted)
    (remark,) = [
        one
        for one in json.loads((tmp_path / "run" / "manifest.json").read_text("utf-8"))["reasoner"]["remarks"]
        if "no picture mark" in one
    ]
    assert remark.startswith("1 stored prompts")
    told = pq.read_table(tmp_path / "run" / "verdicts.parquet")["gold"].to_pylist()
    assert set(told) == {'["3"]', json.dumps(["['a', 'b']"])}


def test_a_caption_is_read_as_it_was_written(golden: Path, server: Any, tmp_path: Path) -> None:
    address, canned = server
    written = [f"<think>Hm, {sample}.</think>\n Two bars. <|im_end|>\n" for sample in range(4)]
    canned._said["captions"]["bars"] = written
    run(golden, address, tmp_path)
    sent = [body["prompt"] for path, body in canned.calls if path == "/v1/completions"]
    assert {caption for caption in written if any(f"image: {caption}. Please" in prompt for prompt in sent)} == {
        *written
    }


def test_captions_may_be_each_question_s_own(golden: Path, server: Any, tmp_path: Path) -> None:
    address, canned = server
    run(golden, address, tmp_path, "caprl?caption.per_question=true")
    seeds = [body["seed"] for path, body in canned.calls if path.endswith("/chat/completions")]
    assert len(seeds) == len(set(seeds)) == 4 * 12
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text("utf-8"))
    assert manifest["protocol"]["caption"]["per_question"] is True


@pytest.mark.parametrize("captioner", ["blind", ""], ids=["reader alone", "one model sees and reads"])
def test_a_server_without_completions_is_told_of_before_anything_is_asked(
    golden: Path, server: Any, tmp_path: Path, captioner: str
) -> None:
    address, canned = server
    canned.chats_only = True
    with pytest.raises(FatalError, match=r"not for completions.*answer\.through=chat"):
        run(golden, address, tmp_path, captioner=captioner)
    assert canned.calls == []


@dataclass(kw_only=True)
class Talker(Engine):
    """Takes messages alone."""

    async def generate(self, request: Request) -> Completion:
        return Completion("yes")


def test_an_engine_that_takes_messages_alone_is_refused_with_the_way_out() -> None:
    settings = load_protocol("caprl").reasoner_settings(0)
    with pytest.raises(UsageError, match=r"cannot be given a stored prompt .*caprl\?answer\.through=chat"):
        PromptedReasoner(
            engine=Talker(model="m"),
            **{key: settings[key] for key in ("choice_prompt", "short_prompt", "stored", "through")},
        )
