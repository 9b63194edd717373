"""Captions for a whole data set: its pictures in, shards of captions out, each picture captioned once."""

from prism_eval.data_sets.captioning import Captioned, caption_data_set
from prism_eval.data_sets.opening import open_data_set
from prism_eval.data_sets.shards import Form

__all__ = ["Captioned", "Form", "caption_data_set", "open_data_set"]
