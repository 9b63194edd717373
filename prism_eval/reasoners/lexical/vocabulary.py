"""English words that `lexical` treats by name."""

from __future__ import annotations

# What questions on any image are made of: such words stand in every statement and tell none from another.
_EMPTY = """
a about according all also am an and any are as asked at based be been being both but by can chart could data depicted
did diagram displayed do does each either figure following for from given graph had has have how i if image in into is
it its itself me mean mentioned much my no of on one or our per picture plot represented represent says seen shown show
so some such than that the their them there these they this those to us was we were what when where whether which who
whom whose why will with would you your option answer question please respectively
"""
_HIGH = """
highest largest biggest greatest maximum max peak peaked top longest tallest best main leading oldest fastest popular
valuable
"""
_LOW = "lowest smallest least minimum min fewest shortest worst tiniest"
_NEGATIVE = "no not never none neither nor without false incorrect isn't doesn't don't wasn't"
_COMPARING = """
sum total combined difference gap average median ratio add more less fewer greater above below over under increase
decrease before after between
"""

STOPWORDS = frozenset(_EMPTY.split())
NEGATIONS = frozenset(_NEGATIVE.split())
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
EXTREMES = {**dict.fromkeys(_HIGH.split(), 1), **dict.fromkeys(_LOW.split(), -1)}
DECISIVE = frozenset({*_COMPARING.split(), *NEGATIONS, *ORDINALS, *EXTREMES})
"""Words that turn a question into another one."""
