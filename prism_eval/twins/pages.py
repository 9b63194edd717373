"""Text-rich pictures: web pages, maps, flow charts."""

from __future__ import annotations

import random

from prism_eval.twins.canvas import Sketch
from prism_eval.twins.pools import CITIES, COLOURS, COMPANIES, GOODS, PALETTES, PEOPLE, PLACES
from prism_eval.twins.scene import Question, Scene, asked, named, near

_STEPS = (
    "Check stock", "Print label", "Call client", "Sign contract", "Pack parcel", "Send invoice", "Test sample",
    "Update record", "Book courier", "Review draft", "Order parts", "Close ticket",
)  # fmt: skip


def web_page(rng: random.Random) -> Scene:
    """A shop's page: bar, menu, six cards with prices, and a line at the bottom."""
    shop, palette = rng.choice(COMPANIES), rng.choice(PALETTES)
    goods, prices = rng.sample(GOODS, 6), rng.sample(range(6, 149), 6)
    menu, phone = rng.sample(("Home", "Offers", "Stores", "Blog", "Help", "Gifts", "About"), 5), rng.randint(1000, 9999)
    page = Sketch(820, 600)
    _browser(page, shop)
    page.box(0, 46, 820, 62, fill=palette[0])
    page.text(24, 77, shop, size=26, bold=True, colour="white", anchor="lm")
    for index, entry in enumerate(menu):
        page.text(320 + index * 104, 77, entry, size=15, colour="white")
    for index, (item, price) in enumerate(zip(goods, prices, strict=True)):
        _card(page, 24 + index % 3 * 262, 126 + index // 3 * 212, item=item, price=price, colour=palette[1 + index % 4])
    page.box(0, 556, 820, 44, fill="#22303d")
    page.text(410, 578, f"Order by phone: 0800 {phone}", size=15, colour="white")
    dearest, cheapest = goods[prices.index(max(prices))], goods[prices.index(min(prices))]
    pick = rng.randrange(6)
    return Scene(png=page.png(), subject="web", asides=(f"The web page is the shop {shop}.",), questions=(
        asked(rng, f"price in euros of the {goods[pick]} at {shop}", prices[pick], step=7),
        named(f"most expensive product at {shop}", dearest, goods),
        named(f"last entry in the top menu at {shop}", menu[-1], menu),
        named(f"cheapest product at {shop}", cheapest, goods),
        asked(rng, f"phone number after 0800 at {shop}", phone, step=111),
    ))  # fmt: skip


def _browser(page: Sketch, shop: str) -> None:
    page.box(0, 0, 820, 46, fill="#dfe3e8")
    for index, colour in enumerate(("#e5534b", "#e9b949", "#57ab5a")):
        page.disc(22 + index * 22, 23, 7, fill=colour, edge=None)
    page.box(100, 9, 690, 28, fill="white", round_by=12)
    page.text(116, 23, f"www.{shop.lower()}-shop.example/catalogue", size=13, colour="#4d5966", anchor="lm")


def _card(page: Sketch, x: float, y: float, *, item: str, price: int, colour: str) -> None:
    page.box(x, y, 248, 198, fill="#f7f8fa", edge="#cfd5dc", width=1, round_by=8)
    page.box(x + 12, y + 12, 224, 96, fill=colour, round_by=6)
    page.disc(x + 124, y + 60, 30, fill="white", edge=None)
    page.box(x + 106, y + 48, 36, 24, fill=colour, round_by=5)
    page.text(x + 14, y + 130, item.capitalize(), size=15, bold=True, anchor="lm", room=220)
    page.text(x + 14, y + 164, f"€{price}", size=22, bold=True, anchor="lm", colour="#b3261e")
    page.box(x + 146, y + 148, 88, 32, fill="#2b6a4d", round_by=6)
    page.text(x + 190, y + 164, "Add to cart", size=11, bold=True, colour="white")


def town_map(rng: random.Random) -> Scene:
    """A town plan: streets in a grid, marked places, a river, a legend and a compass."""
    town, palette = rng.choice(CITIES), ("#f3e2c7", "#dfe8cf", "#e3dcef", "#d7e6ee")
    places = rng.sample(PLACES, 8)
    cells = rng.sample([(x, y) for x in range(4) for y in range(4)], 8)
    lines = rng.sample(list(COLOURS), 2)
    chart = Sketch(760, 600, paper="#fbf8f0")
    chart.text(290, 26, f"Map of {town}", size=22, bold=True)
    for x in range(4):
        for y in range(4):
            chart.box(30 + x * 132, 56 + y * 130, 118, 116, fill=palette[(x + 2 * y) % 4], round_by=4)
            chart.text(40 + x * 132, 66 + y * 130, f"{'ABCD'[x]}{y + 1}", size=12, colour="#6f6a60", anchor="lt")
    chart.line((0, 309), (268, 309), (287, 328), (287, 600), colour="#7db7e8", width=11)
    for number, (place, (x, y)) in enumerate(zip(places, cells, strict=True), start=1):
        chart.disc(89 + x * 132, 108 + y * 130, 19, fill="#b3261e", edge="white")
        chart.text(89 + x * 132, 108 + y * 130, str(number), size=17, bold=True, colour="white")
        chart.text(89 + x * 132, 146 + y * 130, place.capitalize(), size=13, room=112)
    _legend(chart, places, lines)
    pick, other = rng.sample(range(8), 2)
    squares = [f"{'ABCD'[x]}{y + 1}" for x in range(4) for y in range(4)]
    first, second = (f"{'ABCD'[cells[index][0]]}{cells[index][1] + 1}" for index in (pick, other))
    return Scene(png=chart.png(), subject="map", asides=(f"The map shows the town of {town}.",), questions=(
        named(f"square of the {places[pick]} on the map of {town}", first, squares),
        named(f"place marked with the number {other + 1} on the map of {town}", places[other], places),
        asked(rng, f"number that marks the {places[pick]} on the map of {town}", pick + 1),
        named(f"square of the {places[other]} on the map of {town}", second, squares),
        named(f"colour of tram line 2 on the map of {town}", lines[1], tuple(COLOURS)),
    ))  # fmt: skip


def _legend(chart: Sketch, places: list[str], lines: list[str]) -> None:
    chart.box(572, 56, 172, 330, fill="white", edge="#8b8f96", width=1.5, round_by=6)
    chart.text(586, 78, "Legend", size=16, bold=True, anchor="lm")
    for number, place in enumerate(places, start=1):
        chart.text(586, 84 + number * 25, f"{number}  {place.capitalize()}", size=13, anchor="lm")
    for number, colour in enumerate(lines, start=1):
        y = 300 + number * 28
        chart.line((588, y), (628, y), colour=COLOURS[colour], width=6)
        chart.text(638, y, f"Tram line {number}", size=13, anchor="lm")
    chart.arrow((658, 540), (658, 440), width=4, head=18)
    chart.text(658, 424, "N", size=18, bold=True)
    chart.line((612, 500), (704, 500), width=2)
    for number, colour in enumerate(lines):
        y = 183 + number * 260
        chart.line((24, y - 6), (556, y - 6), colour=COLOURS[colour], width=4)


def flow_chart(rng: random.Random) -> Scene:
    """A process: boxes from top to bottom, a decision with two ways out, and who does what."""
    firm, steps = rng.choice(COMPANIES), rng.sample(_STEPS, 6)
    people, days = rng.sample(PEOPLE, 6), rng.sample(range(2, 29), 6)
    palette = rng.choice(PALETTES)
    chart = Sketch(760, 640)
    chart.text(380, 28, f"Order process at {firm}", size=21, bold=True)
    boxes = [(250, 60), (250, 160), (60, 390), (440, 390), (60, 520), (440, 520)]
    for (x, y), step, person, took in zip(boxes, steps, people, days, strict=True):
        chart.box(x, y, 260, 66, fill=palette[0], round_by=10)
        chart.text(x + 130, y + 23, step, size=17, bold=True, colour="white")
        chart.text(x + 130, y + 48, f"{person}, {took} days", size=14, colour="white")
    chart.arrow((380, 126), (380, 158))
    chart.arrow((380, 226), (380, 254))
    chart.polygon((380, 256), (500, 306), (380, 356), (260, 306), fill="#fff1cf")
    chart.text(380, 306, "Approved?", size=16, bold=True)
    for x, side, word in ((190, 260, "Yes"), (570, 500, "No")):
        chart.line((side, 306), (x, 306))
        chart.arrow((x, 306), (x, 388))
        chart.text((side + x) / 2, 292, word, size=15, bold=True)
        chart.arrow((x, 456), (x, 518))
    pick, other = rng.sample(range(6), 2)
    process = f"in the order process at {firm}"
    asides = (f"The flow chart is the order process at {firm}.",)
    return Scene(png=chart.png(), subject="chart", asides=asides, questions=(
        asked(rng, f"number of days for the step {steps[pick]} {process}", days[pick], step=2),
        named(f"step right after the decision says Yes {process}", steps[2], steps),
        named(f"person who does the step {steps[other]} {process}", people[other], people),
        named(f"step right after the decision says No {process}", steps[3], steps),
    ))  # fmt: skip


def timetable(rng: random.Random) -> Scene:
    """A departures board as a table."""
    station, palette = rng.choice(CITIES), rng.choice(PALETTES)
    towns = rng.sample([city for city in CITIES if city != station], 6)
    tracks = rng.sample(range(1, 19), 6)
    minutes = sorted(rng.sample(range(6 * 60, 22 * 60), 6))
    times = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in minutes]
    board = Sketch(700, 480, paper="#101820")
    board.text(30, 40, f"{station} Central: departures", size=24, bold=True, colour="white", anchor="lm")
    board.box(20, 72, 660, 40, fill=palette[1])
    for x, head in ((40, "Time"), (190, "Destination"), (540, "Track")):
        board.text(x, 92, head, size=17, bold=True, anchor="lm", colour="white")
        for index in range(6):
            cell = {"Time": times[index], "Destination": towns[index], "Track": str(tracks[index])}[head]
            board.text(x, 144 + index * 54, cell, size=20, anchor="lm", colour="#f6d365")
    for index in range(1, 6):
        board.line((20, 117 + index * 54), (680, 117 + index * 54), colour="#39434e", width=1)
    pick, other = rng.sample(range(6), 2)
    late = near(rng, minutes[other], step=17)
    return Scene(png=board.png(), subject="chart", asides=(f"The board lists departures from {station}.",), questions=(
        asked(rng, f"track of the train from {station} to {towns[pick]}", tracks[pick]),
        Question(text=f"At what time does the train from {station} to {towns[other]} depart?", answer=times[other],
                 fact=f"The time at which the train from {station} to {towns[other]} departs is {times[other]}.",
                 wrong=tuple(f"{int(value) // 60:02d}:{int(value) % 60:02d}" for value in late)),
        named(f"destination of the last train from {station} on the board", towns[-1], towns),
    ))  # fmt: skip
