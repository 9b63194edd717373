"""Which weights a model's name means: a folder, a GGUF file or a repository of the hub, and what tells them apart."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from prism_eval.engines.gguf import Header, header_of
from prism_eval.errors import UsageError
from prism_eval.files.folders import user_path

_READ = frozenset({".json", ".jinja", ".model", ".txt", ".safetensors", ".bin", ".gguf"})
"""Ends of the names of files that transformers may read of a folder."""
_FIRST_PART = re.compile(r"(.+)-00001-of-(\d{5})\.gguf")
_BLOCK, _STRIDE = 64 * 2**10, 16 * 2**20
"""Of a file of weights, bytes that are read of each so many: training changes numbers everywhere."""


@dataclass(frozen=True)
class Weights:
    """What a model's name means.

    Attributes:
        source: A folder's path, or a repository's name.
        gguf: The file of the folder or repository that holds the model; empty where it is one of transformers' own.
        revision: The repository's commit, tag or branch; ``None`` for its main one.
        folder: The folder, where they lie on this machine by the user's own doing.
    """

    source: str
    gguf: str = ""
    revision: str | None = None
    folder: Path | None = None

    @classmethod
    def of(cls, model: str, revision: str | None) -> Weights:
        """Read a model's name.

        Raises:
            UsageError: It is a path that leads to no model, or no name at all.
        """
        path = user_path(model)
        is_gguf = path.suffix.lower() == ".gguf"
        if path.exists():
            folder = path.parent if is_gguf else path
            _check_folder(path, is_gguf)
            if revision is not None:
                raise UsageError(f"{model} is on this machine, and has no revision: leave out revision={revision}")
            return cls(str(folder.absolute()), path.name if is_gguf else "", None, folder)
        parts = model.split("/")
        # NAME, or OWNER/NAME; a file of a repository stands behind them.
        if model.startswith((".", "~", "/")) or len(parts) > 2 + is_gguf or not all(parts):
            raise UsageError(f"no such folder or file: {model}")
        if is_gguf:
            return cls("/".join(parts[:-1]), parts[-1], revision)
        return cls(model, "", revision)

    @property
    def name(self) -> str:
        """What people call them."""
        return self.gguf.rpartition(".")[0] or (self.folder.absolute().name if self.folder else self.source)

    @property
    def place(self) -> Path:
        """The GGUF file on this machine."""
        return Path(self.source) / self.gguf

    @property
    def how(self) -> dict[str, str]:
        """What transformers is told of them beside their source."""
        said = {"revision": self.revision, "gguf_file": self.gguf}
        return {name: value for name, value in said.items() if value}

    @cached_property
    def digest(self) -> str | None:
        """What tells a folder's or a file's contents from others; ``None`` for a repository, whose revision does.

        Small files are read whole, large ones at regular places: hashing the weights of a large model would take
        minutes at the start of every run.
        """
        if self.folder is None:
            return None
        together = hashlib.sha256()
        for path in self._files(self.folder):
            together.update(f"{path.name}\0{path.stat().st_size}\0".encode())
            for block in _sampled(path):
                together.update(block)
        return together.hexdigest()

    @cached_property
    def context(self) -> int | None:
        """The tokens that a prompt and its reply may have together, as the files say; ``None`` if unknown."""
        if self.gguf:
            size = self.header.get(f"{self.header.get('general.architecture')}.context_length")
            return size if isinstance(size, int) and size > 0 else None
        config = self._config()
        for part in (config.get("text_config"), config):
            for key in ("max_position_embeddings", "n_positions", "max_sequence_length"):
                size = part.get(key) if isinstance(part, Mapping) else None
                if isinstance(size, int) and size > 0:
                    return size
        return None

    @cached_property
    def endings(self) -> frozenset[int]:
        """The tokens that end a text, as ``generation_config.json`` says, or else ``config.json``; none if unknown."""
        if self.gguf:
            return frozenset()
        told = self._json("generation_config.json").get("eos_token_id")
        said = self._config().get("eos_token_id") if told is None else told
        return frozenset(one for one in (said if isinstance(said, list) else [said]) if isinstance(one, int))

    @cached_property
    def header(self) -> Header:
        """What a GGUF file on this machine says of itself; nothing of any other."""
        return header_of(self.folder / self.gguf) if self.folder and self.gguf else {}

    @property
    def sees(self) -> bool | None:
        """Whether the model takes images, as far as ``config.json`` says."""
        config = self._config()
        if self.gguf or "vision_config" in config:
            return not self.gguf
        classes = config.get("architectures")
        # Which class it is among transformers' own would take an import of torch to tell.
        text = isinstance(classes, list) and all(str(one).endswith("ForCausalLM") for one in classes)
        return False if text else None

    def _files(self, folder: Path) -> list[Path]:
        if self.gguf:
            return _parts(folder / self.gguf)
        return sorted(path for path in folder.iterdir() if path.suffix in _READ and path.is_file())

    def _config(self) -> Mapping[str, object]:
        return {} if self.gguf else self._json("config.json")

    def _json(self, name: str) -> Mapping[str, object]:
        place = self.folder / name if self.folder else self._downloaded(name)
        return _json_of(place) if place and place.exists() else {}

    def _downloaded(self, name: str) -> Path | None:
        from huggingface_hub import try_to_load_from_cache

        place = try_to_load_from_cache(self.source, name, revision=self.revision)
        return Path(place) if isinstance(place, str) else None


def _parts(first: Path) -> list[Path]:
    """A GGUF file and those that go on from it, as in ``NAME-00001-of-00003.gguf``."""
    numbered = _FIRST_PART.fullmatch(first.name)
    if numbered is None:
        return [first]
    name, count = numbered.groups()
    return [first.with_name(f"{name}-{number:05d}-of-{count}.gguf") for number in range(1, int(count) + 1)]


def _check_folder(path: Path, is_gguf: bool) -> None:
    if is_gguf:
        if lacking := next((part for part in _parts(path) if not part.is_file()), None):
            raise UsageError(f"{path}: is one of several files, and {lacking.name} is not beside it")
        header_of(path)
        return
    if not path.is_dir():
        raise UsageError(f"{path}: is neither a model's folder nor a GGUF file")
    if not (path / "config.json").is_file():
        files = [one.name for one in path.iterdir() if one.suffix.lower() == ".gguf"]
        hint = f": name the file itself, as in {path / files[0]}" if files else ""
        raise UsageError(f"{path}: is no model's folder, it has no config.json{hint}")
    if not isinstance(_json_of(path / "config.json").get("model_type"), str):
        raise UsageError(f"{path / 'config.json'}: names no model_type, so nobody knows what model it is")


def _json_of(path: Path) -> Mapping[str, object]:
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from None
    return said if isinstance(said, dict) else {}


def _sampled(path: Path) -> Iterator[bytes]:
    """A file of up to a stride's bytes whole; of a larger one the first block of each stride, and the last block."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= _STRIDE:
            yield file.read()
            return
        for start in (*range(0, size - _BLOCK, _STRIDE), size - _BLOCK):
            file.seek(start)
            yield file.read(_BLOCK)
