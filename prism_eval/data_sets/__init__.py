"""Captions for a whole data set: its pictures in, shards of captions out, each picture captioned once."""
