"""How Sphinx builds the guide: `make docs`."""

project = "Erya 尔雅"
author = "The Erya authors"
extensions = ["myst_parser"]
exclude_patterns = ["decisions", "results.md"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "Erya 尔雅"
