"""How Sphinx builds the documentation: ``tox -e docs``. Nothing is fetched while it does."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "pytest-polly"
author = "pytest-polly maintainers"
project_copyright = author
version = release = installed("pytest-polly")

extensions = ["myst_parser", "sphinx.ext.autodoc", "catalogue"]
exclude_patterns = ["_build", "_shared"]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

# Code stands in sentences, too.
smartquotes = False

# Docstrings put the names of objects between single backticks.
default_role = "py:obj"
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = f"pytest-polly {release}"
html_baseurl = "https://pytest-polly.readthedocs.io/en/latest/"
