"""Lets torchvision's build for CUDA be imported beside a torch for the CPU alone; put on PYTHONPATH by the tests.

Its Python code registers two operators that only its library, which does not load there, would have declared. Pictures
are then worked on in torch; only files cannot be decoded by it, which nobody here asks of it.
"""

import importlib.abc
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
