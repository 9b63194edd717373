"""The version, in a file light enough for every importer."""

__version__ = "0.1.0"
