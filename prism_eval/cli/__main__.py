"""``python -m prism_eval.cli``."""

from prism_eval.cli import main

main()
