"""How a test reads the memory of a process that it starts."""

MEASURE = """
import re
from pathlib import Path

def megabytes(what="VmHWM"):
    return int(re.search(what + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
"""
"""The beginning of such a process's code. The kernel's other word for a peak, ``ru_maxrss``, begins with that of the
process it was started from: a test that has grown would measure itself.
"""
