"""Ray Serve with two replicas of an engine behind the routes of an OpenAI server: ``python serving.py PORT``.

What `ray.serve.llm` does with vLLM, as far as a client sees it.
"""

from __future__ import annotations

import os
import sys
import time

from ray import serve
from starlette.requests import Request as HTTPRequest
from starlette.responses import JSONResponse

from prism_eval.errors import CallError
from prism_eval.schema import Message, Request, Sampling
from tests.engines.ray.counting import Counting


@serve.deployment(num_replicas=2, ray_actor_options={"num_cpus": 0})
class Served:
    def __init__(self) -> None:
        self.engine = Counting(model="served", pause=0.02)

    async def __call__(self, http: HTTPRequest) -> JSONResponse:
        if http.url.path.endswith("/models"):
            return JSONResponse(
                {"object": "list", "data": [{"id": "served", "root": "weights", "max_model_len": 4096}]}
            )
        asked = await http.json()
        parts = asked["messages"][-1]["content"]
        text = parts if isinstance(parts, str) else "".join(str(part) for part in parts)
        try:
            said = await self.engine.generate(Request(messages=(Message("user", (text,)),), sampling=Sampling()))
        except CallError as error:
            return JSONResponse({"error": {"message": str(error)}}, status_code=400)
        choice = {"index": 0, "message": {"content": f"{os.getpid()} {said.text}"}, "finish_reason": "stop"}
        return JSONResponse({"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 5}})


if __name__ == "__main__":
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    serve.run(Served.bind())
    print("ready", flush=True)
    while True:
        time.sleep(1)
