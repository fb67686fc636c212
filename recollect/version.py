"""The version, in one place: the wheel, `recollect --version` and run folders read it here."""

__version__ = "0.1.0"
