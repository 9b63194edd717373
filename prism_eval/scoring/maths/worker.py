r"""The process that runs math-verify: one JSON line in, one JSON line out, until its input ends.

It exists to be killed. `prism_eval.scoring.maths.process` starts it as ``python -m prism_eval.scoring.maths.worker``.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import signal
import sys
from collections.abc import Sequence
from functools import lru_cache

# Of address space. sympy takes a tenth of it; a tower of powers would take whatever there is.
MEMORY_LIMIT = 4 << 30


def main() -> None:
    """Answer requests ``{"answer", "gold", "limit"}`` with ``{"score", "read", "gold_read"}`` until end of file."""
    # Where there are no sessions (Windows), Ctrl-C reaches this process with its parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # math-verify logs every text it cannot read, which is most of them.
    logging.disable(logging.CRITICAL)
    _limit_memory()
    for line in sys.stdin:
        request = json.loads(line)
        # If the parent dies while an expression runs away, nobody else ends this process.
        faulthandler.dump_traceback_later(2 * request["limit"] + 1, exit=True)
        reply = _verify(request["answer"], request["gold"])
        faulthandler.cancel_dump_traceback_later()
        print(json.dumps(reply), flush=True)


def _limit_memory() -> None:
    """Let a tower of powers that outgrows the memory end this process, not the machine's other ones."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    soft = MEMORY_LIMIT if hard == resource.RLIM_INFINITY else min(MEMORY_LIMIT, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _verify(answer: str, gold: str) -> dict[str, float | str | bool]:
    """Compare as CapRL does: the answer as plain text and as a formula, each on the gold's side of `verify`."""
    from math_verify import verify

    # math-verify's own time limits (None: off) interrupt Python, not a power that is computed in C. The pool kills.
    golds = _parsed(gold)
    if not golds:
        return {"score": 0.0, "read": "", "gold_read": False}
    formula = _parsed(answer)
    # Behind each expression stands its text, and texts cost nothing to compare.
    texts = 1 if _numerically_apart(formula, golds) else 0
    equal = verify(answer, golds, timeout_seconds=None) or verify(formula[texts:], golds[texts:], timeout_seconds=None)
    read = formula[-1] if formula and isinstance(formula[-1], str) else ""
    return {"score": float(equal), "read": read, "gold_read": True}


def _numerically_apart(formula: Sequence[object], golds: Sequence[object]) -> bool:
    """Whether two formulas differ visibly at one point: then simplifying their difference would only take time."""
    from sympy import Expr, Symbol, UnevaluatedExpr

    left, right = next(iter(formula), None), next(iter(golds), None)
    if not (isinstance(left, Expr) and isinstance(right, Expr)):
        return False
    # A name is compared by its letters: \text{red} is one symbol, red the product of three, and both are equal.
    if isinstance(left, Symbol) or isinstance(right, Symbol):
        return False
    # What math-verify finds equal at any value: a percentage and its number, and texts but for case, such as E and e.
    if left.has(UnevaluatedExpr) or right.has(UnevaluatedExpr) or str(left).casefold() == str(right).casefold():
        return False
    symbols = sorted(left.free_symbols | right.free_symbols, key=str)
    # No point where formulas of school books meet by chance: neither whole nor a simple fraction, and none twice.
    point = {symbol: 0.7 + 0.31 * place for place, symbol in enumerate(symbols)}
    here, there = (one.evalf(15, subs=point) for one in (left, right))
    if not (here.is_Float and there.is_Float):
        return False
    return bool(abs(here - there) > 1e-4 * max(1, abs(here), abs(there)))


# A gold is read when its item is checked, and again beside every answer to it.
@lru_cache(maxsize=1_000)
def _parsed(text: str) -> list[object]:
    from math_verify import LatexExtractionConfig, parse

    formulas: list[object] = parse(
        f"${text}$",
        extraction_mode="first_match",
        extraction_config=[LatexExtractionConfig()],
        parsing_timeout=None,
    )
    return formulas


if __name__ == "__main__":
    main()
