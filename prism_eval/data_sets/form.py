"""The forms in which a data set's captions are written."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """What is written of a part."""

    CAPTIONS = "captions"
    """Its table, without pictures: key, path and digest say which is meant."""
    PARQUET = "parquet"
    """Its table with the pictures, in a column ``image`` as the hub's."""
    WEBDATASET = "webdataset"
    """Its table without pictures, and a tar of picture, ``.txt`` and ``.json`` for each that has a caption."""
