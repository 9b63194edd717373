"""The reward: the share of an image's questions that a reader answers right from a caption."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from prism_eval.calls import Calls, Limits, Patience, Store, UnderWay, default_path
from prism_eval.errors import UsageError
from prism_eval.plugins import Spec, build
from prism_eval.reasoners import REASONER, Reasoner
from prism_eval.rewards.asking import Asking
from prism_eval.rewards.batch import Batch
from prism_eval.rewards.length import LengthTerm
from prism_eval.rewards.rollout import Reward, Rollout

_ATTEMPTS = 6


class CaptionReward:
    """Scores captions as an evaluation would: by what a reader who never saw the image answers from them.

    Nothing is opened or asked before the first caption is scored, and everything then belongs to the event loop that
    it is scored in. Trainers have loops of their own, some a new one at every step: they go through
    `prism_eval.rewards.trainers`.

    Args:
        reasoner: The reader: a spec string as ``--reasoner`` takes it, or a ready `prism_eval.Reasoner`.
        n: Questions asked of a caption, drawn in turns; ``None`` for each of the image's questions once.
        seed: Seed of everything drawn. Equal captions with equal questions are asked the same.
        length: The length term; ``None`` for none.
        asking: How questions are put and read; by default with the protocol ``standard@2``.
        tolerance: The share of asks that may fail before there is no value.
        tokens: Counts a text's tokens under the policy's tokenizer, for rollouts that do not say how long they are.
        store: The generation store; by default the user's.
        concurrency: Calls in flight, per server address.
        patience: Seconds without progress after which a batch gives a server up; by default 300.

    Raises:
        UsageError: The reader cannot be made, or a number will not do.
    """

    def __init__(
        self,
        reasoner: str | Reasoner,
        *,
        n: int | None = 8,
        seed: int = 0,
        length: LengthTerm | None = None,
        asking: Asking | None = None,
        tolerance: float = 0.0,
        tokens: Callable[[str], int] | None = None,
        store: Path | None = None,
        concurrency: int = 64,
        patience: float | None = None,
    ) -> None:
        if n is not None and n < 1:
            raise UsageError(f"n={n}: ask at least one question of a caption, or give None for each of them once")
        if not 0 <= tolerance < 1:
            raise UsageError(f"tolerance={tolerance} will not do: give a share from 0 to below 1")
        if patience is not None and not patience > 0:
            raise UsageError(f"patience must be above 0 seconds, not {patience}")
        if concurrency < 1:
            raise UsageError(f"concurrency must be 1 or more, not {concurrency}")
        self.n, self.seed, self.length, self.tolerance = n, seed, length, tolerance
        self.asking = asking or Asking()
        self._reasoner = self._built(reasoner)
        self._tokens = tokens
        self._path = store or default_path()
        self._store: Store | None = None
        self._limits = Limits(concurrency)
        self._limits.declare(self._reasoner)
        self._patience = Patience(_ATTEMPTS, patience)
        self._under_way = UnderWay()
        self._answered = False

    @property
    def reader(self) -> str:
        """Who reads, for people: the engine and its model."""
        return self._reasoner.source

    async def score(self, caption: str, questions: object, image: str = "", *, tokens: int | None = None) -> Reward:
        """Score one caption.

        Args:
            caption: The policy's text.
            questions: The image's questions, in any form that `prism_eval.rewards.question.read_questions` takes.
            image: What messages call the image.
            tokens: The caption's length under the policy's tokenizer.

        Raises:
            DataError: The questions are none.
            FatalError: No call can succeed, and none ever has: the reader's name, address or key is wrong.
            StoreError: The store cannot be read or written.
            UsageError: There is a length term, and nobody says how long the caption is.
        """
        rollout = Rollout(caption=caption, questions=questions, image=image, tokens=tokens)
        return (await self.score_all([rollout]))[0]

    async def score_all(self, rollouts: Sequence[Rollout]) -> list[Reward]:
        """Score captions, in their order, all at once: the questions on one go out together, behind one prefix.

        Where a rollout's questions cannot be read, or calls fail, there is no value, and the reward says why.

        Raises:
            DataError: Of no rollout can the questions be read: a column is wrong.
            FatalError: No call can succeed, and none ever has.
            StoreError: The store cannot be read or written.
            UsageError: There is a length term, and nobody says how long a caption is.
        """
        counted = [self._counted(rollout) for rollout in rollouts]
        if self._store is None:
            self._store = Store(self._path)
        calls = Calls(self._store, limits=self._limits, patience=self._patience, under_way=self._under_way)
        batch = Batch(
            asking=self.asking,
            reasoner=self._reasoner.bound(calls),
            calls=calls,
            n=self.n,
            seed=self.seed,
            length=self.length,
            tolerance=self.tolerance,
        )
        rewards = await batch.scored(counted)
        self._answered = self._answered or batch.answered
        # An outage is waited out, and costs values. A slip in an address would cost all of them, for a week.
        if batch.fatal and not self._answered:
            raise batch.fatal
        return rewards

    async def close(self) -> None:
        """Close the reader and the store; what was asked stays in it."""
        await self._limits.stop()
        await self._reasoner.close()
        if self._store is not None:
            self._store.close()
            self._store = None

    def _built(self, reasoner: str | Reasoner) -> Reasoner:
        if isinstance(reasoner, Reasoner):
            return reasoner
        return build(REASONER, Spec.parse(reasoner), self.asking.protocol.reasoner_settings(self.seed))

    def _counted(self, rollout: Rollout) -> Rollout:
        if self.length is None or rollout.tokens is not None:
            return rollout
        if self._tokens is None:
            raise UsageError(
                "a length term needs the captions' lengths: name the policy's tokenizer (tokens=, --tokenizer), or say "
                "each rollout's tokens"
            )
        return replace(rollout, tokens=self._tokens(rollout.caption))
