"""The command line: one file per command; `main` only registers them.

Commands print and parse. What they do is done by the assistant and the stores.
"""
