r"""The process that runs math-verify: one JSON line in, one JSON line out, until its input ends.

It exists to be killed. `prism_eval.scoring.maths.pool` starts it as ``python -m prism_eval.scoring.maths.worker``.
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
    # A plain text is only ever equal to a plain text; it costs nothing to compare.
    equal = verify(answer, golds, timeout_seconds=None) or (
        formula[-1:] == golds[-1:]
        if _numerically_apart(formula, golds)
        else verify(formula, golds, timeout_seconds=None)
    )
    read = formula[-1] if formula and isinstance(formula[-1], str) else ""
    return {"score": float(equal), "read": read, "gold_read": True}


def _numerically_apart(formula: list[Any], golds: list[Any]) -> bool:
    """Whether two formulas differ visibly at one point: then simplifying their difference would only take time."""
    from sympy import Expr, UnevaluatedExpr

    pair = (formula[0], golds[0]) if formula and golds else ()
    if len(pair) != 2 or not all(isinstance(one, Expr) for one in pair):
        return False
    # What math-verify finds equal at any value: a percentage and its number, and texts but for case, such as E and e.
    if any(one.has(UnevaluatedExpr) for one in pair) or str(pair[0]).casefold() == str(pair[1]).casefold():
        return False
    symbols = sorted(pair[0].free_symbols | pair[1].free_symbols, key=str)
    point = {symbol: 0.7 + 0.31 * place for place, symbol in enumerate(symbols)}
    left, right = (one.evalf(15, subs=point) for one in pair)
    if not (left.is_Float and right.is_Float):
        return False
    return bool(abs(left - right) > 1e-4 * max(1, abs(left), abs(right)))


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
