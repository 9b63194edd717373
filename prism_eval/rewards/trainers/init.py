"""The file that a user points a trainer at."""

from __future__ import annotations

from importlib import resources

from prism_eval.errors import UnknownName

READER = "openai:Qwen/Qwen2.5-3B-Instruct?base_url=http://127.0.0.1:8000/v1"
"""CapRL's reader, behind a server as vLLM's is started."""
_FOLDER = "files"


def trainers() -> list[str]:
    """The trainers there is a file for."""
    names = (path.name for path in resources.files(__package__).joinpath(_FOLDER).iterdir())
    return sorted(name.removesuffix(".txt") for name in names if name.endswith(".txt"))


def trainer_file(trainer: str, reasoner: str = READER) -> str:
    """The text of a Python file that makes the reward and hands it to a trainer.

    Args:
        trainer: Its name.
        reasoner: The reader's spec string.

    Raises:
        UnknownName: There is no file for such a trainer.
    """
    if trainer not in trainers():
        raise UnknownName("trainer", trainer, trainers())
    text = resources.files(__package__).joinpath(_FOLDER, f"{trainer}.txt").read_text(encoding="utf-8")
    # As Python writes it, whatever it holds.
    return text.replace("{reasoner}", repr(reasoner))
