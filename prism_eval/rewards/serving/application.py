"""The server: routes, who may ask, and what each failure is to whoever asked."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from prism_eval._version import __version__
from prism_eval.errors import CallError, DataError, PrismError, UsageError
from prism_eval.rewards.reward import CaptionReward
from prism_eval.rewards.rollout import Reward
from prism_eval.rewards.serving.admission import Admission, Full
from prism_eval.rewards.serving.diary import Diary
from prism_eval.rewards.serving.metrics import Metrics
from prism_eval.rewards.serving.wire import Request, read_own, read_theirs, written
from prism_eval.rewards.trainers.missing import insisted

LARGEST = 256 * 2**20
"""Bytes of a request."""
_LARGE = 2**20
_AGAIN = 5
"""Seconds after which somebody is to come again whose rewards could not be found out."""


@dataclass(kw_only=True)
class Service:
    """One reward behind an address.

    A reward is never made up: what cannot be found out is ``null`` in our own form, and in forms that know no such
    thing the whole request is answered with 503 and ``Retry-After``. What of it was answered is in the store by then.

    Attributes:
        reward: The reward; it belongs to the loop that the server runs in.
        admission: How much may be in work.
        token: What ``Authorization: Bearer`` must say; empty for nothing.
        diary: Takes down captions that are worth a look.
    """

    reward: CaptionReward
    admission: Admission
    token: str = ""
    diary: Diary = field(default_factory=lambda: Diary(None))
    metrics: Metrics = field(default_factory=Metrics)

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=LARGEST, middlewares=[self._guarded])
        app.router.add_post("/get_reward", self._theirs)
        app.router.add_post("/score", self._own)
        app.router.add_get("/health", self._health)
        app.router.add_get("/metrics", self._counted)
        app.on_cleanup.append(self._closed)
        return app

    @web.middleware
    async def _guarded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        # Whoever looks after servers asks for health without a key.
        if self.token and request.path != "/health":
            given = request.headers.get("Authorization", "").encode("utf-8", "replace")
            if not hmac.compare_digest(given, f"Bearer {self.token}".encode()):
                return _refused(401, "this server wants a bearer token", {"WWW-Authenticate": "Bearer"})
        return await handler(request)

    async def _theirs(self, request: web.Request) -> web.StreamResponse:
        return await self._answered(request, read_theirs)

    async def _own(self, request: web.Request) -> web.StreamResponse:
        return await self._answered(request, read_own)

    async def _health(self, _: web.Request) -> web.StreamResponse:
        state = {"status": "ok", "version": __version__, "reader": self.reward.reader}
        return web.json_response({**state, "pending": self.admission.pending, "most": self.admission.most})

    async def _counted(self, _: web.Request) -> web.StreamResponse:
        page = self.metrics.text(self.admission.pending).encode()
        return web.Response(body=page, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def _closed(self, _: web.Application) -> None:
        await self.reward.close()
        self.diary.close()

    async def _answered(self, request: web.Request, read: Callable[[object], Request]) -> web.Response:
        begun, form = time.monotonic(), "unknown"
        try:
            asked = read(await _body(request))
            form = asked.form
            if len(asked.rollouts) > self.admission.most:
                told = f"{len(asked.rollouts):,} rollouts in one request: send {self.admission.most:,} at most"
                response = _refused(413, told)
            else:
                with self.admission.admitted(len(asked.rollouts)):
                    response = await self._scored(asked)
        except Full as full:
            response = _refused(503, str(full), {"Retry-After": str(full.after)})
        except UsageError as error:  # what was sent is wrong, and will be as wrong the next time
            response = _refused(400, str(error))
        except CallError as error:  # nobody ever answered
            response = _refused(503, str(error), {"Retry-After": str(_AGAIN)})
        except PrismError as error:
            response = _refused(500, str(error))
        self.metrics.requests[form, response.status] += 1
        self.metrics.seconds += time.monotonic() - begun
        return response

    async def _scored(self, asked: Request) -> web.Response:
        rewards = await insisted(self.reward.score_all, asked.rollouts) if asked.rollouts else []
        self.metrics.count(rewards)
        self.diary.note(asked.rollouts, rewards)
        missing = _missing(asked, rewards)
        return missing or web.json_response(dict(written(asked, rewards)))


def _missing(asked: Request, rewards: list[Reward]) -> web.Response | None:
    """The reply to somebody whose form knows no missing rewards, where some are."""
    lost = [one for one in rewards if one.value is None]
    if asked.form == "own" or not lost:
        return None
    bad = next((one for one in lost if not one.failed), None)
    if bad is not None:
        raise DataError(bad.problem)
    told = f"{len(lost)} of {len(rewards)} rewards could not be found out: {lost[0].problem}"
    return _refused(503, told, {"Retry-After": str(_AGAIN)})


async def _body(request: web.Request) -> object:
    raw = await request.read()
    try:
        # A step's captions may be megabytes, which other requests need not wait for.
        return await asyncio.to_thread(json.loads, raw) if len(raw) > _LARGE else json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise DataError(f"the body is no JSON: {error}") from error


def _refused(status: int, told: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": told}, status=status, headers=headers)
