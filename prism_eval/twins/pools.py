"""Pools of names to draw from, so that every picture is about something else."""

from __future__ import annotations

import random


def _names(listed: str) -> tuple[str, ...]:
    return tuple(listed.split(", "))


# Some are not ASCII, so that encodings and fonts are tried with every run.
COUNTRIES = _names(
    "Norway, Chile, Kenya, Japan, Brazil, Poland, Canada, Vietnam, Greece, Ghana, Peru, Latvia, Nepal, Cuba, Malta, "
    "Egypt, Türkiye, Belgium, Oman, Samoa"
)
CITIES = _names(
    "Lisbon, Kraków, Zürich, Nairobi, Osaka, Toronto, Quito, Málaga, Hanoi, Dublin, Tallinn, Accra, Lyon, Bergen, "
    "Perth, Cusco, Łódź, Riga, Adelaide, Tampere"
)
COMPANIES = _names(
    "Aldora, Brightwell, Corvex, Dunmore, Elvanta, Fernhill, Galdor, Hexaline, Ivorian, Juniper, Kestrel, Lumenta, "
    "Marlowe, Northgate, Orinoco, Pelham"
)
PEOPLE = _names(
    "Amara, Björn, Chloë, Dmitri, Elena, Farid, Grace, Hiro, Ines, Jonas, Keiko, Luca, Mireille, Nadia, Oskar, Priya, "
    "Quentin, Rosa, Søren, Tomás"
)
CROPS = _names("wheat, cocoa, barley, cotton, coffee, sugar, rice, maize, tea, rubber, soya, oats")
SOURCES = _names("wind, solar, hydro, nuclear, biomass, coal, gas, geothermal, tidal, oil")
FACULTIES = _names("Law, Medicine, History, Physics, Music, Botany, Geology, Drama, Nursing, Theology")
TEAMS = _names("Falcons, Harbour, Rovers, Comets, Badgers, Mariners, Lynx, Ravens, Pilots, Herons")
HABITS = _names(
    "cycle to work, grow vegetables, read every day, compost waste, learn a language, swim weekly, bake bread, "
    "play chess, keep bees, knit, skip breakfast, sing in a choir"
)
PLACES = _names(
    "library, museum, harbour, hospital, market, theatre, stadium, school, park, station, bakery, lighthouse, castle, "
    "cinema"
)
GOODS = _names(
    "desk lamp, rain jacket, teapot, backpack, wool scarf, camping stove, notebook, headphones, picnic blanket, "
    "wall clock, garden chair, water bottle, toaster, yoga mat"
)
COLOURS = {
    "red": "#d23b3b", "blue": "#2f6fc4", "green": "#3c9a4e", "orange": "#e8842c", "purple": "#7b4fb0",
    "yellow": "#ecc02f", "brown": "#8a5a35", "pink": "#e583b0", "teal": "#249a97", "gray": "#8b8f96",
}  # fmt: skip
# The first of each is dark enough for white text.
PALETTES = (
    ("#2f6fc4", "#e8842c", "#3c9a4e", "#d23b3b", "#7b4fb0", "#8a5a35"),
    ("#264653", "#2a9d8f", "#e9c46a", "#f4a261", "#e76f51", "#8ab17d"),
    ("#003f5c", "#58508d", "#bc5090", "#ff6361", "#ffa600", "#7a5195"),
    ("#355070", "#6d597a", "#b56576", "#e56b6f", "#eaac8b", "#5f9ea0"),
)


def tag(rng: random.Random) -> str:
    """A name for what has none, such as "K47"; no vowels, so that no word comes of it."""
    return f"{rng.choice('BCDFGHJKLMNPQRSTVWXZ')}{rng.randint(11, 99)}"
