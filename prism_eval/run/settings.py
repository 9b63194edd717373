"""What every item of a run goes through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from prism_eval.calls import Calls
from prism_eval.captioners import Captioner
from prism_eval.captioners.spoken import as_read
from prism_eval.judges import Judge
from prism_eval.plan import ONE_ORDER, Orders, Stage
from prism_eval.reasoners import Reasoner
from prism_eval.run.window import BYTES
from prism_eval.schema import AnswerForm, Caption
from prism_eval.scoring.base import Scorer

_SCORING_THREADS = 8
"""Answers scored at the same time. More than there are processes for mathematics, so that a few answers which keep
those busy until their time is up leave threads for everybody else's."""


@dataclass(frozen=True)
class Entry:
    """One row of the leaderboard: a captioner under a label.

    Attributes:
        label: What tables call it.
        captioner: The captioner.
        about: What its spec says of its model: ``params_b``, ``price_in`` and ``price_out``, as far as it does.
    """

    label: str
    captioner: Captioner
    about: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """What every item goes through.

    Attributes:
        calls: Makes every model call of the run.
        entries: The captioners.
        reasoners: By the labels that tables call them by. Each reads every caption; the first is the leaderboard's.
        about: What the reasoners' specs say of their models, by label.
        scorers: By benchmark name.
        form: How the protocol asks for answers.
        samples: Captions per image.
        through: The last stage.
        trials: Items, times entries, samples and orders, in work at once.
        images: Images held at once, until they are captioned.
        judge: Decides what the scorers' rules leave open; ``None`` for nobody.
        judge_label: What notes call it.
        orders: The orders of their options that multiple-choice items are asked under.
        verbatim: Whether captions are read as they were written, thoughts and marks of chat templates included.
        heading: What stands in front of each of several captions, as the protocol has it.
        choice_question: How the protocol puts a multiple-choice question to captioners that are told it.
        image_bytes: Bytes of images held at once.
    """

    calls: Calls
    entries: Sequence[Entry]
    reasoners: Mapping[str, Reasoner]
    scorers: Mapping[str, Scorer]
    form: AnswerForm
    samples: int
    through: Stage
    trials: int
    images: int
    about: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    judge: Judge | None = None
    judge_label: str = ""
    orders: Orders = ONE_ORDER
    verbatim: bool = False
    heading: str | None = None
    choice_question: str | None = None
    image_bytes: int = BYTES
    # Threads, because a plugin's scoring is plain Python that may take as long as it likes.
    scoring: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_SCORING_THREADS, thread_name_prefix="scoring")
    )

    def as_read(self, captions: Iterable[Caption]) -> list[Caption]:
        """Captions as a reasoner is shown them."""
        return as_read(captions, verbatim=self.verbatim)

    @property
    def checking(self) -> Mapping[str, Scorer] | None:
        """The scorers that golds are checked with; ``None`` where nothing will be scored."""
        # `caption` and `answer` need no golds, and run where the scorer's extra is not installed.
        return self.scorers if self.through == "score" else None
