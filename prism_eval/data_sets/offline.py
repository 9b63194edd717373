"""What `vllm` would be asked about pictures, and their rows, where another program runs vLLM: `ray.data.llm` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from prism_eval.benchmarks import RowError
from prism_eval.benchmarks.checks import image_problem
from prism_eval.captioners import CAPTIONER
from prism_eval.captioners.prompted import PromptedCaptioner
from prism_eval.captioners.spoken import as_read
from prism_eval.data_sets.items import Pictures, identity_of
from prism_eval.data_sets.picture import Batch, Picture
from prism_eval.data_sets.rows import Row, Told, row_of
from prism_eval.engines.context import no_room
from prism_eval.engines.pixels import decoding, opened
from prism_eval.engines.vllm.engine import VLLMEngine
from prism_eval.engines.vllm.wording import cut_by, left_open, message_of, rules_of, trouble
from prism_eval.errors import CallError, ContextExceeded, UsageError
from prism_eval.plan import make_plan
from prism_eval.run.assemble import protocol_of
from prism_eval.run.item_result import Captioned, ItemResult
from prism_eval.run.labelled import named
from prism_eval.run.paths import with_absolute_paths
from prism_eval.schema import Caption, Completion, FinishReason, Item, ItemKind

_NOBODY = Item(benchmark="", id="", kind=ItemKind.SHORT, question="", images=(), golds=(), cluster="")


class OfflineVLLM:
    """A captioner `vllm:MODEL` in two halves, for programs that run vLLM themselves between them.

    What is asked, and how its outcome is read, is as in a run and in `BatchCaptioner`. Who asks, tries again and
    remembers is the program: nothing is loaded here, and no store is opened.

    Args:
        captioner: A spec string: ``vllm:MODEL``, with its options.
        settings: Further keys of the plan, such as ``protocol``.

    Attributes:
        identity: As `BatchCaptioner` has it: the same for the same captioner.
        arguments: vLLM's engine arguments, ``model`` among them.
        template: What the model's chat template is told.

    Raises:
        UsageError: It is another captioner, or the protocol wants what only a run can do.
        FatalError: Replies may be as long as all of the model's context.
    """

    def __init__(self, captioner: str, **settings: object) -> None:
        plan = with_absolute_paths(make_plan({"captioners": [captioner], **settings}, where="the captioner"))
        protocol = protocol_of(plan)
        made, self._label = named(
            CAPTIONER, plan.captioners[0], ready={}, settings=protocol.captioner_settings(plan.seed)
        )
        if not (isinstance(made, PromptedCaptioner) and isinstance(made.engine, VLLMEngine)):
            raise UsageError(f"{captioner} is not asked through vLLM's Python interface; name it as vllm:MODEL")
        if made.needs_question or protocol.samples > 1:
            raise UsageError(f"the protocol {protocol.name} wants other than one caption of each picture")
        if open_ := left_open(made.sampling):
            raise UsageError(
                f"the protocol {protocol.name} leaves {open_[0]} to the model's own file, which is not at hand before "
                f"the model is: say it, as in --protocol '{protocol.name}?caption.sampling.{open_[0]}=…'"
            )
        if (context := made.engine.context) is None:
            raise UsageError(
                f"{captioner}: how long its texts may be is not known before it is there: add max_model_len=…"
            )
        if made.sampling.max_tokens >= context:
            raise no_room(made.engine.wanted.name, made.sampling.max_tokens, context)
        self.identity = identity_of(made, protocol.samples, verbatim=protocol.caption.verbatim)
        self.arguments: Mapping[str, object] = made.engine.wanted.arguments
        self.template: Mapping[str, object] = made.engine.wanted.template
        self._captioner, self._engine, self._context = made, made.engine, context
        self._as_read = partial(as_read, verbatim=protocol.caption.verbatim)

    def asked(self, picture: Picture) -> Mapping[str, object]:
        """The ``messages`` about a picture, as vLLM's server takes them, and the ``sampling_params``.

        Raises:
            RowError: It cannot be read.
            PermanentError: It cannot be decoded.
        """
        (item,) = Pictures(Batch([picture]), only_missing=False).items_and_problems()
        if isinstance(item, RowError):
            raise item
        if problem := image_problem(item):
            raise problem
        (image,) = item.images
        # All of it: Ray Data's stage that reads pictures ends the whole job where one breaks off.
        with decoding(image):
            opened(image).load()
        request = self._engine.fitted(self._captioner.request([image], sample=0))
        sampling = request.sampling
        rules = {**rules_of(sampling, {}), "max_tokens": sampling.max_tokens, "seed": sampling.seed}
        return {"messages": [message_of(message) for message in request.messages], "sampling_params": rules}

    def written(self, text: str, *, read: int, tokens: Sequence[int]) -> Completion:
        """What the model wrote, where nobody says why it ended.

        Args:
            text: The text.
            read: Tokens of the prompt, those of the picture included.
            tokens: Those of the text, with the one that ended it.
        """
        most = self._captioner.sampling.max_tokens
        ended = len(tokens) < min(most, self._context - read) or tokens[-1] in self._engine.endings
        finish, note = (FinishReason.STOP, "") if ended else cut_by(read, most=most, context=self._context)
        return Completion(text, finish, read, len(tokens), note)

    def trouble(self, words: str) -> CallError:
        """What an error of vLLM's means for the picture that it befell."""
        return trouble(RuntimeError(words), name=self._engine.wanted.name, context=self._context)

    def row(self, told: Told, came: Completion | RowError | CallError) -> Row:
        """A picture's row.

        Args:
            told: The picture.
            came: What was written of it, or why it was not.
        """
        result = ItemResult(_NOBODY, (told.sha256,), self._label, 0)
        caption, error = None, ""
        match came:
            case RowError():
                result.unusable = came
            case ContextExceeded():
                caption = Caption("", FinishReason.CONTEXT, note=str(came))
            case CallError():
                error = str(came)
            case Completion():
                caption = came.into(Caption)
        result.captions = (Captioned(told.sha256, told.path, "", caption, error),)
        return row_of(told, [result], self._as_read)
