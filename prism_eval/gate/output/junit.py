"""What a gate says as JUnit XML, which GitLab, Jenkins, Azure and GitHub's actions show as tests.

The shape is what they agree on: ``testsuites > testsuite > testcase`` with at most one of ``failure``, ``error`` and
``skipped``, names that are unique, and what is to be read both in ``message`` and in the body, for each reader shows
one of them.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from prism_eval.gate.output.told import Case, Told

# What XML 1.0 has no word for, not even escaped.
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_NAME = "prism_eval.gate"
_LONGEST = 60_000
"""Characters of one text: readers refuse what is much longer, and nobody reads it."""


def junit(told: Told) -> str:
    """A test for the gate, and one for each thing that it looks at."""
    shown = [case.shown for case in told.cases]
    numbers = {
        "tests": str(len(shown)),
        "failures": str(shown.count("failure")),
        "errors": str(shown.count("error")),
        "skipped": str(shown.count("skipped")),
        "time": "0",
    }
    root = ET.Element("testsuites", {"name": "prism-eval gate", **numbers})
    suite = ET.SubElement(root, "testsuite", {"name": _NAME, **numbers})
    if told.properties:
        properties = ET.SubElement(suite, "properties")
        for name, value in told.properties.items():
            ET.SubElement(properties, "property", {"name": name, "value": _clean(value)})
    suite.extend(map(_element, told.cases))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _element(case: Case) -> ET.Element:
    said = _clean(case.says)
    element = ET.Element("testcase", {"classname": f"{_NAME}.{case.kind}", "name": _clean(case.name), "time": "0"})
    if case.shown == "passed":
        ET.SubElement(element, "system-out").text = said
    else:
        ET.SubElement(element, case.shown, {"message": said, "type": case.shown}).text = said
    return element


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("?", text)[:_LONGEST]
