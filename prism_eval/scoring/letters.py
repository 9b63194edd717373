"""Which option a short answer names: one, several, or none."""

from __future__ import annotations

import re
from functools import lru_cache

from prism_eval.schema import Item
from prism_eval.scoring.tidying import LONGEST_ANSWER, folded, unset, words
from prism_eval.scoring.wording import closed_word

_LETTER = re.compile(
    r"""(?:[-•]\s+)?(?:the\ )?(?:(?:correct|right|final|best)\ )?
    (?:(?:option|choice|letter|answer|选项|選項|opción)[:\s#]*)?
    (?P<open>[(\[{<]{1,2})?(?P<quote>[*"'`]{1,3})?(?P<letter>[A-Za-z])(?(quote)(?P=quote))(?(open)[)\]}>]{1,2})
    (?:$ | (?P<mark>[:)]|\s?[\u2013\u2014]|\s-(?=\s)|、) | (?P<stop>[.,;!?])(?=\s|$) | (?=\s) | (?(open)(?=.)|(?!)))""",
    re.IGNORECASE | re.VERBOSE,
)
_BEHIND = re.compile(
    r"""(?P<text>.+?)\s*(?:(?P<open>[(\[])|→|->|=>|=|,)\s*
    (?:option\s+|choice\s+)?(?P<letter>[A-Z])(?(open)[)\]])""",
    re.DOTALL | re.VERBOSE,
)
_STANDING = re.compile(r"(?<![\w'\u2019$\\{-])(?P<open>[(\[*\"]*)(?P<letter>[A-Z])(?![\w'\u2019$}]|-\w)")
# "A statue" and "I think" name no option.
_ARTICLE = re.compile(r"\s+(?!is\b|was\b|are\b|and\b|or\b|nor\b|because\b|since\b|as\b)[a-z]|'")
_LIST = re.compile(
    r"(?:both |either )?\(?[A-Z]\)?"
    r"(?:\s*(?:,|/|&|\+|;|=|\bas well as\b|\bor\b|\band\b|,\s*(?:or|and)\b)\s*\(?[A-Z]\)?)+[.?]?",
    re.IGNORECASE,
)
_POINTED_AT = re.compile(
    r"\b(?:is|be|it's|option|choice|letter|answer|therefore|thus|so|hence|select|choose|pick|go with|probably"
    r"|likely|definitely|say|选|選)\b[\s:,]*$",
    re.IGNORECASE,
)
_SAID_ALONE = re.compile(r"[\s.!?)\]*\"']*$|\s*[.,;:!?(]|\s+(?:is|because|since|as|based|from|given|due)\b")
_DENIAL = re.compile(
    r"\b(?:not|never|neither|nor|no|except|excluding|wrong|incorrect|is false|cannot|unlikely|rule[sd]? out|eliminated?"
    r"|anything but|other than|any|all|either|both|unsure|unclear)\b|n['\u2019]t\b",
    re.IGNORECASE,
)
_SECOND_THOUGHT = re.compile(
    r"\b(?:wait|actually|sorry|correction|instead(?! of)|rather(?! than)|hmm|maybe|perhaps|possibly|could|might|may"
    r"|either|but|however|alternatively|although|unless|no)\b",
    re.IGNORECASE,
)
_JOINED = re.compile(r"(?:or|and|nor|versus|vs|as well as)\b|[/&+,]", re.IGNORECASE)
_FORMULA = re.compile(r"[\\=^]")
# "\\(\\text{(C)}\\ 2.1\\)" is "(C) 2.1".
_MARKUP = re.compile(r"\\(?:text|textbf|mathbf|mathrm|boxed|bf|rm)\b|\\q?quad\b|\\[()\[\], ;:!]|[${}~`]|\*\*|##+")
_SENTENCE_END = re.compile(r"[.!]\s+(?=[A-Z])|\n")
_LONGEST_NAMING = 300

# A run asks the same items of many captions.
option_words = lru_cache(maxsize=20_000)(words)
_FRACTIONS = re.compile(r"\\[dt]frac\b")
_UNBRACED = str.maketrans("", "", "{}\\")
_NUMBER = re.compile(r"([-+]?\d+(?:\.\d+)?)(?:\s?[a-zµ°%]{1,12}\d?)?")
# What an option may be named by, letter and text, in a list of them all.
_LISTED = re.compile(r"\s+(?=\(?[A-Z][).:]\s)")


def read_letter(written: str, item: Item) -> str | None:
    """The option a short answer names, by its letter or by its text; ``None`` if it names none or several.

    Args:
        written: The answer alone, such as ``C``, ``(c)``, ``C. Hermione``, ``option C``, ``Hermione`` or ``It is C``.
        item: A multiple-choice item.
    """
    if len(written) > LONGEST_ANSWER:
        return None
    return exact_letter(written, item) or _pointed_at(written, item)


def exact_letter(written: str, item: Item) -> str | None:
    """The option of an answer that is a letter, a letter with words to it, or an option's exact text."""
    if len(written) > LONGEST_ANSWER or lists_options(written, item):
        return None
    return _exact(written, item) or (_exact(plain, item) if (plain := plainly(written)) != written else None)


def plainly(written: str) -> str:
    """An answer without the commands that only set it."""
    return " ".join(_MARKUP.sub(" ", written).split())


def _exact(written: str, item: Item) -> str | None:
    match = _LETTER.match(written)
    # Options may be letters themselves, and then the letter in front is meant; "A. Smith" may be an option's text.
    text = None if match and not written[match.end() :].strip() else _by_text(written, item)
    if text is not None:
        return text
    if match is not None:
        letter, rest = match["letter"].upper(), written[match.end() :].strip()
        if letter in item.letters and _tells_one(match, letter, rest, item):
            return letter
    behind = _BEHIND.fullmatch(written[: _LONGEST_NAMING + 1])
    if behind is not None and behind["letter"] in item.letters:
        option = item.options[item.letters.index(behind["letter"])]
        return behind["letter"] if option_words(option) == words(behind["text"]) else None
    opening = _SENTENCE_END.split(written, maxsplit=1)
    return _by_text(written, item) or (_by_text(opening[0], item) if len(opening) > 1 else _closed(written, item))


def _closed(written: str, item: Item) -> str | None:
    """The option "No" of "No, she does not hold it"."""
    word = closed_word(written)
    rest = written[len(word) :] if word and written.startswith(word) else ""
    if not word or not rest or _SECOND_THOUGHT.search(rest) or standing(rest, item) or _named_texts(rest, item):
        return None
    return _by_text(word, item)


def _by_text(written: str, item: Item) -> str | None:
    for reading in (option_words, _bare_words, _bare_number):
        said = reading(written)
        named = [letter for letter, option in item.lettered if reading(option) == said]
        if said and named:
            return named[0] if len(named) == 1 else None
    return None


@lru_cache(maxsize=20_000)
def _bare_words(text: str) -> str:
    r"""A text without white space, and with one spelling where LaTeX has two: 12cm, 2π, \dfrac."""
    text = _FRACTIONS.sub(r"\\frac", unset(words(text.replace("$", ""))))
    return "".join(text.replace("\\pi", "π").replace("\\sqrt", "√").translate(_UNBRACED).split())


@lru_cache(maxsize=20_000)
def _bare_number(text: str) -> str:
    """The number of a text that is a number and perhaps its unit; empty if it is something else."""
    number = _NUMBER.fullmatch(words(text))
    return number[1] if number else ""


def _tells_one(match: re.Match[str], letter: str, rest: str, item: Item) -> bool:
    if not rest:
        return True
    said = rest.strip("-\u2013\u2014:()[] ")
    if _is(letter, said, item) or _is(letter, rest, item):
        return True
    if any(_is(other, said, item) for other in item.letters) or not match["letter"].isupper():
        return False
    # "A statue" begins with an article; "A. statue" and "(A) statue" name an option, whatever they say of it.
    apart = match["open"] or match["mark"] or match["stop"] in {".", ",", ";"} or _is_reason(rest)
    return bool(apart) and not _goes_back(rest, letter, item)


def _is(letter: str, text: str, item: Item) -> bool:
    return option_words(item.options[item.letters.index(letter)]) == words(text) != ""


def _is_reason(rest: str) -> bool:
    return bool(re.match(r"(?:because|since|as|rather than|instead of|not)\s|\(", rest))


def _goes_back(rest: str, letter: str, item: Item) -> bool:
    """Whether what follows a letter takes it back, or puts another beside it; a remark on another does neither."""
    rest = rest.lstrip("([ ")
    own = item.options[item.letters.index(letter)]
    if folded(rest).startswith(folded(own)):
        rest = rest[len(own) :].lstrip(" .)]")
    joined = _JOINED.match(rest)
    small = re.match(r"\(?([a-z])\b(?!\s+[a-z]{2})", rest[joined.end() :].lstrip() if joined else rest)
    if small and small[1].upper() in item.letters and small[1].upper() != letter:
        return True
    others = [other for other in standing(rest[:_LONGEST_NAMING], item) if other != letter]
    if not others:
        return False
    opening = rest[joined.end() :].lstrip() if joined else rest
    lone = _STANDING.match(opening)
    beside = lone is not None and lone["letter"] in others and (joined or not _ARTICLE.match(opening, lone.end()))
    bare = lone is not None and not re.match(r"\s+(?:is|are|was)\b", opening[lone.end() :])
    return bool((beside and (joined or bare)) or _SECOND_THOUGHT.search(rest[:_LONGEST_NAMING]))


def standing(text: str, item: Item) -> list[str]:
    """The option letters that stand in a text as letters: not inside a word, not as an article or a pronoun."""
    found = {}
    for match in _STANDING.finditer(text):
        letter = match["letter"]
        article = letter in "AI" and not match["open"] and _ARTICLE.match(text, match.end())
        if letter in item.letters and not article:
            found[letter] = True
    return list(found)


def _pointed_at(written: str, item: Item) -> str | None:
    """The one option that a few words end up at, as "It is C" and "I choose Hermione" do."""
    if len(written) > _LONGEST_NAMING or _FORMULA.search(written) or _DENIAL.search(written):
        return None
    letters = standing(written, item)
    if len(letters) > 1:
        return None
    if letters:
        place = next(match for match in _STANDING.finditer(written) if match["letter"] == letters[0])
        opens = not place.start() and _SAID_ALONE.match(written, place.end())
        pointed = place["open"] or opens or _POINTED_AT.search(written[: place.start()])
        return letters[0] if pointed and not _names_text(written, item, besides=letters[0]) else None
    texts = _named_texts(written, item)
    return texts[0] if len(texts) == 1 else None


def _named_texts(written: str, item: Item) -> list[str]:
    said = folded(written)
    named = []
    for letter, option in item.lettered:
        text = folded(option)
        if len(text) >= 3 and re.search(rf"(?<!\w){re.escape(text)}(?!\w)", said):
            named.append((letter, text))
    # "10" stands inside of "10 cm", which says more.
    return [one for one, text in named if not any(text != longer and text in longer for _, longer in named)]


def _names_text(written: str, item: Item, *, besides: str) -> bool:
    named = _named_texts(written, item)
    return bool(named) and besides not in named


def lists_options(written: str, item: Item) -> bool:
    """Whether a text is a list of options with their letters, as the question has it, and nothing else."""
    lines = _LISTED.split(written.strip())
    # Line by line up to the first that is no option: an untrusted reply may have a million.
    return len(lines) > 1 and all(
        (match := _LETTER.match(line)) is not None
        and (letter := match["letter"].upper()) in item.letters
        and _is(letter, line[match.end() :], item)
        for line in lines
    )


def is_no_choice(written: str, item: Item) -> bool:
    """Whether an answer names options, but no single one: "B or C", "A, C", "not B", or all of them."""
    if lists_options(written, item):
        return True
    if len(written) > _LONGEST_NAMING:
        return False
    written = plainly(written)
    if _LIST.fullmatch(written) or (
        1 < len(written) <= len(item.letters) and written.isupper() and set(written) <= set(item.letters)
    ):
        return True
    if _FORMULA.search(written):
        return False
    named = standing(written, item) or _named_texts(written, item)
    if len(named) > 1:
        return True
    # An option may itself deny something: "No change".
    said = folded(written).replace(folded(item.options[item.letters.index(named[0])]), "") if named else ""
    return bool(_DENIAL.search(said))


def says_option(reply: str, letter: str, item: Item) -> bool:
    """Whether a reply has an option's letter standing on its own, in either case, or the option's text."""
    for match in re.finditer(rf"(?<![\w'\u2019]){letter}(?![\w'\u2019])", reply, re.IGNORECASE):
        if (
            letter not in "AI"
            or not _ARTICLE.match(reply, match.end())
            or reply[match.start() - 1 : match.start()] in {"(", "*"}
        ):
            return True
    return folded(item.options[item.letters.index(letter)]) in folded(reply)
