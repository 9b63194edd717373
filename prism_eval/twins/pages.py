"""Text-rich pictures: web pages, maps, flow charts, boards, and the page of an exam."""

from __future__ import annotations

import io
import itertools
import random
import textwrap

from prism_eval.twins.canvas import RED, Sketch
from prism_eval.twins.pools import CITIES, COLOURS, COMPANIES, GOODS, PALETTES, PEOPLE, PLACES
from prism_eval.twins.questions import LETTERS, ask
from prism_eval.twins.scene import Said, drawn

_MENU = ("Home", "Offers", "Stores", "Blog", "Help", "Gifts", "About")
_STEPS = (
    "Check stock", "Print label", "Call client", "Sign contract", "Pack parcel", "Send invoice", "Test sample",
    "Update record", "Book courier", "Review draft", "Order parts", "Close ticket",
)  # fmt: skip
# Column by column, as the map draws them.
_SQUARES = [f"{letter}{number}" for letter in "ABCD" for number in range(1, 5)]


@drawn("web", 820, 600)
def web_page(page: Sketch, rng: random.Random) -> Said:
    """A shop's page: bar, menu, six cards with prices, and a line at the bottom."""
    shop, palette, menu = rng.choice(COMPANIES), rng.choice(PALETTES), rng.sample(_MENU, 5)
    # No price twice, so that there is one most expensive and one cheapest product.
    goods, prices, phone = rng.sample(GOODS, 6), rng.sample(range(6, 149), 6), rng.randint(1000, 9999)
    page.box(0, 0, 820, 46, fill="#dfe3e8")
    for index, colour in enumerate(("#e5534b", "#e9b949", "#57ab5a")):
        page.disc(22 + index * 22, 23, 7, fill=colour, edge=None)
    page.box(100, 9, 690, 28, fill="white", round_by=12)
    page.text(116, 23, f"www.{shop.lower()}-shop.example/catalogue", size=13, colour="#4d5966", anchor="lm")
    page.box(0, 46, 820, 62, fill=palette[0])
    page.text(24, 77, shop, size=26, bold=True, colour="white", anchor="lm")
    page.labels(*((320 + index * 104, 77, entry) for index, entry in enumerate(menu)), size=15, colour="white")
    for index, (item, price) in enumerate(zip(goods, prices, strict=True)):
        x, y, colour = 24 + index % 3 * 262, 126 + index // 3 * 212, palette[1 + index % 4]
        page.box(x, y, 248, 198, fill="#f7f8fa", edge="#cfd5dc", width=1, round_by=8)
        page.box(x + 12, y + 12, 224, 96, fill=colour, round_by=6)
        page.disc(x + 124, y + 60, 30, fill="white", edge=None)
        page.box(x + 106, y + 48, 36, 24, fill=colour, round_by=5)
        page.text(x + 14, y + 130, item.capitalize(), size=15, bold=True, anchor="lm", room=220)
        page.text(x + 14, y + 164, f"€{price}", size=22, bold=True, anchor="lm", colour=RED)
        page.box(x + 146, y + 148, 88, 32, "Add to cart", fill="#2b6a4d", round_by=6, size=11, colour="white")
    page.box(0, 556, 820, 44, f"Order by phone: 0800 {phone}", fill="#22303d", size=15, colour="white")
    by_price, picked = [item for _, item in sorted(zip(prices, goods, strict=True))], rng.randrange(6)
    yield f"The web page is the shop {shop}."
    yield ask(f"price in euros of the {goods[picked]} at {shop}", prices[picked], step=7)
    yield ask(f"most expensive product at {shop}", by_price[-1], goods)
    yield ask(f"last entry in the top menu at {shop}", menu[-1], menu)
    yield ask(f"cheapest product at {shop}", by_price[0], goods)
    # A step that changes every digit.
    yield ask(f"phone number after 0800 at {shop}", phone, step=111)


@drawn("map", 760, 600, paper="#fbf8f0")
def town_map(chart: Sketch, rng: random.Random) -> Said:
    """A town plan: streets in a grid, marked places, a river, two tram lines, a legend and a compass."""
    town, lines, (one, two) = rng.choice(CITIES), rng.sample(list(COLOURS), 2), rng.sample(range(8), 2)
    places, squares = rng.sample(PLACES, 8), rng.sample(_SQUARES, 8)
    chart.text(290, 26, f"Map of {town}", size=22, bold=True)
    corner = {square: (30 + index // 4 * 132, 56 + index % 4 * 130) for index, square in enumerate(_SQUARES)}
    for index, (square, (x, y)) in enumerate(corner.items()):
        fill = ("#f3e2c7", "#dfe8cf", "#e3dcef", "#d7e6ee")[(index // 4 + 2 * index) % 4]
        chart.box(x, y, 118, 116, fill=fill, round_by=4)
        chart.text(x + 10, y + 10, square, size=12, colour="#6f6a60", anchor="lt")
    chart.line((0, 309), (268, 309), (287, 328), (287, 600), colour="#7db7e8", width=11)
    chart.box(572, 56, 172, 330, fill="white", edge="#8b8f96", width=1.5, round_by=6)
    chart.text(586, 78, "Legend", size=16, bold=True, anchor="lm")
    for number, (place, square) in enumerate(zip(places, squares, strict=True), start=1):
        x, y = corner[square]
        chart.disc(x + 59, y + 52, 19, str(number), fill=RED, edge="white", size=17, bold=True, colour="white")
        chart.text(x + 59, y + 90, place.capitalize(), size=13, room=112)
        chart.text(586, 84 + number * 25, f"{number}  {place.capitalize()}", size=13, anchor="lm")
    for number, colour in enumerate(lines, start=1):
        chart.line((588, 300 + number * 28), (628, 300 + number * 28), colour=COLOURS[colour], width=6)
        chart.text(638, 300 + number * 28, f"Tram line {number}", size=13, anchor="lm")
        chart.line((24, number * 260 - 83), (556, number * 260 - 83), colour=COLOURS[colour], width=4)
    chart.arrow((658, 540), (658, 440), width=4, head=18)
    chart.text(658, 424, "N", size=18, bold=True)
    chart.line((612, 500), (704, 500))
    yield f"The map shows the town of {town}."
    yield ask(f"square of the {places[one]} on the map of {town}", squares[one], _SQUARES)
    yield ask(f"place marked with the number {two + 1} on the map of {town}", places[two], places)
    yield ask(f"number that marks the {places[one]} on the map of {town}", one + 1)
    yield ask(f"square of the {places[two]} on the map of {town}", squares[two], _SQUARES)
    yield ask(f"colour of tram line 2 on the map of {town}", lines[1], COLOURS)


@drawn("chart", 760, 640)
def flow_chart(chart: Sketch, rng: random.Random) -> Said:
    """A process: boxes from top to bottom, a decision with two ways out, and who does what."""
    firm, colour, steps = rng.choice(COMPANIES), rng.choice(PALETTES)[0], rng.sample(_STEPS, 6)
    people, days = rng.sample(PEOPLE, 6), rng.sample(range(2, 29), 6)
    chart.text(380, 28, f"Order process at {firm}", size=21, bold=True)
    boxes = (250, 60), (250, 160), (60, 390), (440, 390), (60, 520), (440, 520)
    for (x, y), step, person, took in zip(boxes, steps, people, days, strict=True):
        chart.box(x, y, 260, 66, fill=colour, round_by=10)
        chart.text(x + 130, y + 23, step, size=17, bold=True, colour="white")
        chart.text(x + 130, y + 48, f"{person}, {took} days", colour="white")
    chart.polygon((380, 256), (500, 306), (380, 356), (260, 306), fill="#fff1cf")
    chart.text(380, 306, "Approved?", size=16, bold=True)
    chart.arrow((380, 126), (380, 158))
    chart.arrow((380, 226), (380, 254))
    for x, side, word in ((190, 260, "Yes"), (570, 500, "No")):
        chart.line((side, 306), (x, 306))
        chart.arrow((x, 306), (x, 388))
        chart.arrow((x, 456), (x, 518))
        chart.text((side + x) / 2, 292, word, size=15, bold=True)
    (one, two), process = rng.sample(range(6), 2), f"in the order process at {firm}"
    yield f"The flow chart is the order process at {firm}."
    yield ask(f"number of days for the step {steps[one]} {process}", days[one], step=2)
    yield ask(f"first step after an approval {process}", steps[2], steps)
    yield ask(f"person who does the step {steps[two]} {process}", people[two], people)
    yield ask(f"first step after a rejection {process}", steps[3], steps)


@drawn("chart", 700, 480, paper="#101820")
def timetable(board: Sketch, rng: random.Random) -> Said:
    """A departures board as a table."""
    # One draw for all: no train goes where it comes from.
    station, *towns = rng.sample(CITIES, 7)
    minutes, tracks = sorted(rng.sample(range(6 * 60, 22 * 60), 6)), rng.sample(range(1, 19), 6)
    times = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in minutes]
    board.text(30, 40, f"{station} Central: departures", size=24, bold=True, colour="white", anchor="lm")
    board.box(20, 72, 660, 40, fill=rng.choice(PALETTES)[1])
    columns = (40, "Time", times), (190, "Destination", towns), (540, "Track", map(str, tracks))
    for x, head, entries in columns:
        board.text(x, 92, head, size=17, bold=True, anchor="lm", colour="white")
        rows = zip(itertools.repeat(x), range(144, 468, 54), entries, strict=False)
        board.labels(*rows, size=20, anchor="lm", colour="#f6d365")
    for y in range(171, 441, 54):
        board.line((20, y), (680, y), colour="#39434e", width=1)
    one, two = rng.sample(range(6), 2)
    yield f"The board lists departures from {station}."
    yield ask(f"track of the train from {station} to {towns[one]}", tracks[one])
    yield ask(f"time at which the train from {station} to {towns[two]} departs", times[two], times)
    yield ask(f"destination of the last train from {station} on the board", towns[-1], towns)


def exam_page(png: bytes, question: str, options: list[str]) -> bytes:
    """A page of an exam: the question on a figure, the figure, and the options below in two columns."""
    from PIL import Image

    # Eighty-four letters of this size fit between the margins.
    lines, rows = textwrap.wrap(question, 84), (len(options) + 1) // 2
    with Image.open(io.BytesIO(png)) as inset:
        top = 50 + len(lines) * 25
        page = Sketch(860, top + inset.height + 60 + rows * 34)
        page.labels(*((40, 40 + index * 25, line) for index, line in enumerate(lines)), size=17, anchor="lt")
        page.paste(inset, (860 - inset.width) // 2, top)
        top += inset.height + 20
    for index, option in enumerate(options):
        x, y = 40 + index // rows * 390, top + index % rows * 34
        page.text(x, y, f"({LETTERS[index]}) {option}", size=17, anchor="lt", room=370)
    return page.png()


PAGES = (flow_chart, town_map, web_page, timetable)
