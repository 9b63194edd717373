"""Results of other evaluators as a run folder: what `report` opens, ranks and tests like any other.

lmms-eval's: models that were pre-trained on different captions, each evaluated on the images themselves. And CapRL's:
captions and the answers to them, scored again.
"""

from __future__ import annotations

from prism_eval.leaderboard.imports.caprl import Imported, import_caprl
from prism_eval.leaderboard.imports.lmms_eval import import_lmms_eval
from prism_eval.leaderboard.imports.logs import Place

__all__ = ["Imported", "Place", "import_caprl", "import_lmms_eval"]
