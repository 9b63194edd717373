"""The gate in pytest: ``pytest --prism-baseline FILE``, two fixtures and a marker.

pytest imports this wherever prism-eval is installed, so nothing is loaded here before a test asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from prism_eval.gate import Decision, Policy
    from prism_eval.gate.words import Event

MARKER = "prism_gate"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("prism-eval", "captions held up to a baseline")
    group.addoption(
        "--prism-baseline", metavar="FILE", help="The baseline, or run folder, that captions are held up to."
    )
    group.addoption("--prism-policy", metavar="FILE", help="The rules of the gate, a TOML file.")


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker."""
    config.addinivalue_line("markers", f"{MARKER}: asks a gate; skipped without --prism-baseline")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what asks a gate where nobody asked for it."""
    if config.getoption("--prism-baseline") is None:
        for item in items:
            if item.get_closest_marker(MARKER):
                item.add_marker(pytest.mark.skip(reason="no baseline: pytest --prism-baseline FILE"))


@pytest.fixture(scope="session")
def prism_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Runs what `prism_eval.evaluate` takes, each of them once a session; returns the run folder."""
    made: dict[str, Path] = {}

    def run(*args: Any, **options: Any) -> Path:
        from prism_eval import evaluate

        asked = repr((args, sorted(options.items())))
        if asked not in made:
            folder = tmp_path_factory.mktemp("prism-run") / "run"
            evaluate(*args, **{"out": folder, **options})
            made[asked] = Path(options.get("out", folder))
        return made[asked]

    return run


@pytest.fixture
def assert_no_regression(pytestconfig: pytest.Config) -> Callable[..., Decision]:
    """Fails where a run does not hold up to the baseline, with the gate's words; returns the decision."""
    baseline, rules = pytestconfig.getoption("--prism-baseline"), pytestconfig.getoption("--prism-policy")

    def check(
        run: Path | str,
        *,
        policy: Policy | Path | str | None = None,
        entry: str | None = None,
        event: Event = "pull_request",
    ) -> Decision:
        if baseline is None:
            pytest.skip("no baseline: pytest --prism-baseline FILE")
        from prism_eval.files.visible import visible
        from prism_eval.gate import Policy, decide, read_policy, read_sides
        from prism_eval.gate.decision import counted_as
        from prism_eval.gate.output.decisions import decided
        from prism_eval.sheets.markdown import markdown

        given = policy if policy is not None else rules
        wanted = given if isinstance(given, Policy) else read_policy(Path(given) if given else None)
        decision = decide(*read_sides((Path(baseline), None), (Path(run), entry)), wanted)
        counts = counted_as(decision.outcome, wanted, event)
        if counts == "FAIL":
            pytest.fail(visible(markdown(decided(decision))), pytrace=False)
        if counts == "INCONCLUSIVE":
            pytest.skip(f"{decision.outcome}: {decision.says}")
        return decision

    return check
