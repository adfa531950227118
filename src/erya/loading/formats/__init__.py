"""One module per kind of file; each turns bytes into text with its structure.

A parser runs in a process of the sandbox. It opens no file and asks nobody.
"""
