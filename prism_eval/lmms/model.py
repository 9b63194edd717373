"""The class that lmms-eval makes and asks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NoReturn

from lmms_eval.api.model import lmms
from tqdm import tqdm

from prism_eval.calls import Store, default_path
from prism_eval.errors import PermanentError, PrismError
from prism_eval.files.folders import user_path
from prism_eval.files.visible import flat
from prism_eval.lmms.prompt import Encoder, Prompt, PromptError, read_messages
from prism_eval.lmms.reader import make_reader
from prism_eval.lmms.theirs import ONE_AT_A_TIME, ModelRequest
from prism_eval.plan.plan import STAGES, Plan, make_plan, read_plan
from prism_eval.run.interruptible import run_in_thread
from prism_eval.run.trust import check_trust

_REFUSAL = (
    "prism-eval: captions are read and answered in text: tasks that want {} cannot be run with --model prism_eval"
)


class PrismEval(lmms):  # type: ignore[misc]
    """prism-eval's captioner and reasoner as one model: the reasoner never sees the images, only their captions.

    Args:
        captioner: A spec string, as ``prism-eval run --captioner`` takes it.
        reasoner: A spec string.
        protocol: A protocol's name or file. Its prompts and sampling hold; a task's ``generation_kwargs`` do not.
        concurrency: Calls in flight at once, per plugin.
        seed: Seed of the sampling.
        store: The generation store; by default the user's.
        plan: A TOML plan file, for specs that hold commas; the other arguments override it.
        batch_size: Ignored: lmms-eval hands one to every model.
        max_batch_size: Ignored.
        device: Ignored.
    """

    # Asks lmms-eval for chat messages. A simple model would get a string and pictures without their places in it.
    is_simple = False

    def __init__(
        self,
        captioner: str | None = None,
        reasoner: str | None = None,
        *,
        protocol: str | None = None,
        concurrency: int | None = None,
        seed: int | None = None,
        store: str | None = None,
        plan: str | None = None,
        batch_size: object = None,
        max_batch_size: object = None,
        device: object = None,
    ) -> None:
        super().__init__()
        given = {"reasoner": reasoner, "protocol": protocol, "concurrency": concurrency, "seed": seed}
        with _errors_end_the_program():
            self._plan = _plan(plan, captioner, {key: value for key, value in given.items() if value is not None})
            self._check_trust(plan, [captioner, reasoner])
            self._store = Store(user_path(store) if store else default_path())
            make_reader(self._plan, self._store)  # so that a wrong spec ends the program before any data is read
        self._encoder = Encoder()

    def _check_trust(self, file: str | None, given: Sequence[str | None]) -> None:
        """See that a file asks for nothing new: `prism-eval plan --plan FILE --probe --trust` says that it may."""
        typed = [_unquoted(text) for text in given if text]
        check_trust(self._plan, typed=typed, stages=STAGES, trust=False, where=file or "--model_args")

    def generate_until(self, requests: Sequence[ModelRequest]) -> list[str]:
        """Answer every request; nothing is returned unless all were answered.

        Raises:
            SystemExit: A call failed. What was finished is in the store.
        """
        with _errors_end_the_program(), tqdm(total=len(requests), desc="prism-eval") as bar:
            # Connections and locks belong to one event loop, and each call of this method runs its own.
            reader = make_reader(self._plan, self._store)
            asked = [(_name(request), partial(self._prompt, request)) for request in requests]
            replies = run_in_thread(lambda: reader.replies(asked, bar.update))
            # What was answered is kept, whatever lmms-eval's grading does next.
            self._store.flush()
        return replies

    def generate_until_multi_round(self, requests: Sequence[ModelRequest]) -> NoReturn:
        """Not for tasks of several rounds."""
        raise SystemExit(_REFUSAL.format("several rounds"))

    def loglikelihood(self, requests: Sequence[ModelRequest]) -> NoReturn:
        """Not for tasks that are scored by log-likelihood."""
        raise SystemExit(_REFUSAL.format("log-likelihoods"))

    def _prompt(self, request: ModelRequest) -> Prompt:
        _, to_messages, _, document, task, split = request.args
        try:
            with ONE_AT_A_TIME:
                messages = to_messages(self.task_dict[task][split][document])
            return read_messages(messages, self._encoder)
        except PromptError as error:
            # The document fails alone: the others can be answered.
            raise PermanentError(f"{_name(request)}: {error}") from error


def _name(request: ModelRequest) -> str:
    _, _, _, document, task, _ = request.args
    return f"{task}/{document}"


def _plan(file: str | None, captioner: str | None, given: Mapping[str, object]) -> Plan:
    # The task's own prompt asks for the form of the answer: a protocol that does so too would ask twice.
    values = {"protocol": "lmms", **(read_plan(user_path(file)) if file else {}), **given}
    if captioner is not None:
        values["captioners"] = [captioner]
    plain = {key: _unquoted(value) if isinstance(value, str) else value for key, value in values.items()}
    plain["captioners"] = [_unquoted(spec) for spec in plain.get("captioners", [])]
    return make_plan(plain, where=file or "--model_args")


def _unquoted(text: str) -> str:
    """A value without the quotes that keep its commas together in ``--model_args``."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


@contextlib.contextmanager
def _errors_end_the_program() -> Iterator[None]:
    """Turn our errors into an exit: lmms-eval logs every exception of a model and then exits with 0."""
    try:
        yield
    except PrismError as error:
        raise SystemExit(f"prism-eval: {flat(str(error))}") from error
