"""Memories outside the model: rows of key and value, added, found and erased by id."""

from recollect.stores.exact import ExactStore

__all__ = ["ExactStore"]
