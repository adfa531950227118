"""Work that outlives a call: what was asked for, and what of it is left to do."""

from erya.jobs.unfinished import unfinished_request

__all__ = ["unfinished_request"]
