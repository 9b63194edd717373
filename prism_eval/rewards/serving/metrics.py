"""What the server counts, in Prometheus' text format (exposition format 0.0.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from prism_eval.rewards.rollout import Reward

_PREFIX = "prism_eval_reward"


class Metrics:
    """Counts since the server was started.

    Attributes:
        requests: By form and status.
        seconds: Spent on requests that were answered.
    """

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.seconds = 0.0
        self._rollouts: Counter[str] = Counter()
        self._asks: Counter[str] = Counter()
        self._value = 0.0

    def count(self, rewards: Sequence[Reward]) -> None:
        """Take rewards in."""
        for one in rewards:
            self._rollouts["unscored" if one.value is None else "zero" if not one.value else "paid"] += 1
            self._value += one.value or 0.0
            self._asks.update(asked.outcome.value for asked in one.asks)

    def text(self, pending: int) -> str:
        """The page that Prometheus reads.

        Args:
            pending: Rollouts in work.
        """
        return "".join(f"{line}\n" for line in self._lines(pending))

    def _lines(self, pending: int) -> Iterator[str]:
        yield from _family("pending", "gauge", "Rollouts in work.", [("", float(pending))])
        requests = [
            (f'{{form="{form}",status="{status}"}}', float(count))
            for (form, status), count in sorted(self.requests.items())
        ]
        yield from _family("requests_total", "counter", "Requests by form and status.", requests)
        yield from _family("seconds_total", "counter", "Seconds spent on requests.", [("", self.seconds)])
        rollouts = [(f'{{result="{name}"}}', float(self._rollouts[name])) for name in ("paid", "zero", "unscored")]
        yield from _family("rollouts_total", "counter", "Rollouts by what came of them.", rollouts)
        yield from _family("value_total", "counter", "Sum of all rewards.", [("", self._value)])
        asks = [(f'{{outcome="{name}"}}', float(count)) for name, count in sorted(self._asks.items())]
        yield from _family("asks_total", "counter", "Questions asked, by how the answer ended.", asks)


def _family(name: str, kind: str, said: str, samples: Sequence[tuple[str, float]]) -> Iterator[str]:
    yield f"# HELP {_PREFIX}_{name} {said}"
    yield f"# TYPE {_PREFIX}_{name} {kind}"
    for labels, value in samples:
        yield f"{_PREFIX}_{name}{labels} {value:g}" if value == int(value) else f"{_PREFIX}_{name}{labels} {value!r}"
