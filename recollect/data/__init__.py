"""Published data sets by name: what is known of each, where it lies, and how to fetch it.

A data set is looked for at an explicit path, then under `$RECOLLECT_DATA`, then in the user's cache
folder; `MissingData` names the file, the licence, the command that fetches it and the stand-in.
"""

from recollect.data.catalog import CATALOG, DataSet
from recollect.data.fetch import BadTransfer, fetch
from recollect.data.locate import MissingData, cache_folder, changed, find

__all__ = [
    "CATALOG",
    "BadTransfer",
    "DataSet",
    "MissingData",
    "cache_folder",
    "changed",
    "fetch",
    "find",
]
