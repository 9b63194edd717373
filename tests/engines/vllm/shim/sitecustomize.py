"""Lets packages be imported beside those that they were not made for; put on PYTHONPATH by the tests.

torchvision's build for CUDA, beside a torch for the CPU alone: its Python code registers two operators that only its
library, which does not load there, would have declared. Pictures are then worked on in torch; only files cannot be
decoded by it, which nobody here asks of it. And Ray Data's stages for vLLM, beside a vLLM newer than the one they pin.
"""

import importlib
import importlib.abc
import importlib.util
import sys


class _Declares(importlib.abc.MetaPathFinder):
    """Declares them when torchvision is looked for, and not before: torch takes seconds to import."""

    def find_spec(self, name, path=None, target=None):
        if name != "torchvision":
            return
        sys.meta_path.remove(self)
        import torch

        # Kept: what a library declares goes with it.
        self.library = kept = torch.library.Library("torchvision", "FRAGMENT")
        sys.modules[__name__].kept = kept
        for operator in ("nms", "qnms"):
            kept.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return


sys.meta_path.insert(0, _Declares())


class _Moved(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Ray 2.60 pins vLLM 0.29, and imports what reads chats from where it was then."""

    def find_spec(self, name, path=None, target=None):
        return importlib.util.spec_from_loader(name, self) if name == "vllm.entrypoints.chat_utils" else None

    def create_module(self, spec):
        return importlib.import_module("vllm.renderers.chat_utils")

    def exec_module(self, module):
        pass


# Behind all others: where it has not moved, it is found before.
sys.meta_path.append(_Moved())
