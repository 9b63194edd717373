"""The reward of a server that `prism-eval reward serve` started, as a trainer holds it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence

import aiohttp

from prism_eval.calls import Patience
from prism_eval.engines.waits import wait_asked_for
from prism_eval.errors import DataError, RunError, UsageError
from prism_eval.rewards.length import LengthTerm
from prism_eval.rewards.question import read_questions
from prism_eval.rewards.rollout import Reward, Rollout
from prism_eval.rewards.serving.token import TOKEN
from prism_eval.schema import option_letters

_PATIENCE = 300.0
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 15.0
_CONNECTS = 30.0


class RemoteReward:
    """A reward behind an address, in place of a `CaptionReward`: many processes share one reader and its limits.

    A server that is full, away or being started again is waited for. When patience is at its end rewards have no value;
    they are never 0 for want of a reply.

    Args:
        url: The server, as it says where it is: ``http://127.0.0.1:18889``.
        length: The length term that the server was started with, for ``apart=True``.
        patience: Seconds without a reply after which a batch is given up.
        token: The bearer token; by default what `TOKEN` holds.
    """

    def __init__(
        self, url: str, *, length: LengthTerm | None = None, patience: float = _PATIENCE, token: str | None = None
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise UsageError(f"{url!r} is no address of a server: write http://HOST:PORT")
        if not patience > 0:
            raise UsageError(f"patience must be above 0 seconds, not {patience}")
        self.length = length
        self._url = url.rstrip("/").removesuffix("/get_reward").removesuffix("/score")
        self._patience = patience
        self._token = os.environ.get(TOKEN, "") if token is None else token
        self._session: aiohttp.ClientSession | None = None

    async def score_all(self, rollouts: Sequence[Rollout]) -> list[Reward]:
        """Score captions, in their order.

        Raises:
            DataError: Of no rollout can the questions be read.
            UsageError: The server does not take what it is sent: a token is wrong, or a request too large.
            RunError: What answers there is no such server.
        """
        sent: list[dict[str, object]] = []
        rewards: dict[int, Reward] = {}
        for place, rollout in enumerate(rollouts):
            try:
                sent.append(_sent(rollout))
            except DataError as error:
                rewards[place] = Reward(value=None, accuracy=None, problem=str(error))
        if rollouts and not sent:
            raise DataError(rewards[0].problem)
        scored = iter(await self._answered(sent) if sent else [])
        return [rewards.get(place) or next(scored) for place in range(len(rollouts))]

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _answered(self, sent: Sequence[dict[str, object]]) -> list[Reward]:
        given_up, patience, tries = time.monotonic() + self._patience, Patience(first_wait=_FIRST_WAIT), 0
        while True:
            told, after = await self._tried(sent)
            if isinstance(told, list):
                return told
            left = given_up - time.monotonic()
            if left <= 0:
                return [Reward(value=None, accuracy=None, problem=told)] * len(sent)
            tries += 1
            # Drawn, for eight workers of a trainer were turned away by the same server at the same moment.
            await asyncio.sleep(min(after or patience.wait(tries, longest=_LONGEST_WAIT), left))

    async def _tried(self, sent: Sequence[dict[str, object]]) -> tuple[list[Reward] | str, float | None]:
        """The rewards, or why there are none now, and after how many seconds the server wants to be asked again."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECTS)
            headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
            self._session = aiohttp.ClientSession(timeout=timeout, headers=headers)
        try:
            async with self._session.post(f"{self._url}/score", json={"rollouts": list(sent)}) as response:
                if response.status == 503:
                    return f"{self._url}: busy", wait_asked_for(response.headers, "")
                said = await response.json(content_type=None)
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return f"{self._url}: {type(error).__name__} {error}".strip(), None
        except ValueError as error:
            raise RunError(f"{self._url}: no server of rewards, its reply is no JSON") from error
        match said:
            case {"rewards": [*rewards]} if status == 200 and len(rewards) == len(sent):
                return [Reward.of(one) for one in rewards], None
            case {"error": str(refusal)} if status in (400, 401, 413):
                raise UsageError(f"{self._url}: {refusal}")
            case _:
                return f"{self._url}: HTTP {status}", None


def _sent(rollout: Rollout) -> dict[str, object]:
    questions = [
        {"question": one.text, "choices": list(one.options), "answer": option_letters(len(one.options))[one.gold]}
        for one in read_questions(rollout.questions)
    ]
    said: dict[str, object] = {"caption": rollout.caption, "questions": questions, "image": rollout.image}
    return said if rollout.tokens is None else {**said, "tokens": rollout.tokens}
