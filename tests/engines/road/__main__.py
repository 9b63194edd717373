"""Draws pictures and trains captioners for the whole road: ``python -m tests.engines.road FOLDER``, from a clone.

`docs/engines.md` has the command that is given in that folder afterwards.
"""

import shutil
import sys
from pathlib import Path

from tests.engines.road.pictures import write_benchmark
from tests.engines.road.training import train

if __name__ == "__main__":
    home = Path(sys.argv[1])
    write_benchmark(home)
    shutil.copy(Path(__file__).with_name("shapes.toml"), home)
    train(home)
