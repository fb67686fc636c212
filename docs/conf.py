"""Sphinx set-up. The API and results pages are written from the package before each build."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import pages  # noqa: E402  (found through the path above)

from recollect.version import __version__  # noqa: E402

project = "Recollect"
author = "The Recollect authors"
copyright = "the Recollect authors, Apache-2.0"
release = version = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # a field is described once, by its annotation
napoleon_custom_sections = ["Shapes"]
default_role = "code"
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"Recollect {release}"

pages.write(HERE)
