"""``python -m prism_eval``: the command line."""

from prism_eval.cli import program

if __name__ == "__main__":
    program()
