"""Results of other evaluators as a run folder: what `report` opens, ranks and tests like any other.

So far lmms-eval's: models that were pre-trained on different captions, each evaluated on the images themselves.
"""

from __future__ import annotations

from prism_eval.leaderboard.imports.lmms_eval import import_lmms_eval
from prism_eval.leaderboard.imports.logs import Place

__all__ = ["Place", "import_lmms_eval"]
