"""``python -m prism_eval``: the command line."""

from prism_eval.cli import main

if __name__ == "__main__":
    main()
