r"""The process that runs math-verify: one JSON line in, one JSON line out, until its input ends.

It exists to be killed. `prism_eval.scoring.mathpool` starts it as ``python -m prism_eval.scoring.mathworker``.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import signal
import sys
from typing import Any

MEMORY_LIMIT = 4 << 30


def main() -> None:
    """Answer requests ``{"answer", "gold", "limit"}`` with ``{"score", "read", "gold_read"}`` until end of file."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)
    _limit_memory()
    _verify("1", "1")
    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        # If the parent dies while an expression runs away, nobody else ends this process.
        faulthandler.dump_traceback_later(2 * request["limit"] + 1, exit=True)
        reply = _verify(request["answer"], request["gold"])
        faulthandler.cancel_dump_traceback_later()
        print(json.dumps(reply), flush=True)


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    soft = MEMORY_LIMIT if hard == resource.RLIM_INFINITY else min(MEMORY_LIMIT, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _verify(answer: str, gold: str) -> dict[str, Any]:
    """Compare as CapRL does: the answer as plain text and as a formula, each on the gold's side of `verify`."""
    from math_verify import verify

    golds = _parsed(gold)
    if not golds:
        return {"score": 0.0, "read": "", "gold_read": False}
    formula = _parsed(answer)
    score = max(float(verify(given, golds, timeout_seconds=None)) for given in (answer, formula))
    read = formula[-1] if formula and isinstance(formula[-1], str) else ""
    return {"score": score, "read": read, "gold_read": True}


def _parsed(text: str) -> list[Any]:
    from math_verify import LatexExtractionConfig, parse

    formulas: list[Any] = parse(
        f"${text}$",
        extraction_mode="first_match",
        extraction_config=[LatexExtractionConfig()],
        parsing_timeout=None,
    )
    return formulas


if __name__ == "__main__":
    main()
