"""Landlock: a process takes the right to open files from itself, for good.

See <https://docs.kernel.org/userspace-api/landlock.html>. It needs no rights and no
user namespace. It holds for the thread that asks for it and those it starts later.
"""

import ctypes
import os
import stat
from collections.abc import Iterable
from typing import Final

from erya.loading.sandbox.kernel import system_call

__all__ = ["allow_reading_only"]

# The same numbers on every architecture.
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_TELL_VERSION: Final = 1
_BENEATH: Final = 1  # LANDLOCK_RULE_PATH_BENEATH

_READ_FILE: Final = 1 << 2
_READ_FOLDER: Final = 1 << 3
# By the first version of the interface that knows them.
_FILE_RIGHTS: Final = {
    1: (1 << 13) - 1,  # execute, write, read, list, remove, make
    2: 1 << 13,  # link or move to another folder
    3: 1 << 14,  # truncate
    5: 1 << 15,  # ioctl of devices
}
_NETWORK_RIGHTS: Final = {4: 0b11}  # bind and connect by TCP
_SCOPES: Final = {6: 0b11}  # abstract unix sockets, and signals, of other processes
_SIZES: Final = {1: 8, 4: 16, 6: 24}  # bytes of `_Ruleset` that a version knows


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    )


class _Rule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def allow_reading_only(paths: Iterable[str]) -> bool:
    """Let this thread open nothing but some folders and files, and those to read.

    It executes nothing, connects by TCP to nobody and signals no other process, where
    the kernel knows of that. What is open already stays open; names, sizes and times
    of files can be asked for everywhere.

    Args:
        paths: Folders, with all below them, and files; those that are not there are
            passed over. A link stands for what it leads to.

    Returns:
        Whether it holds: the kernel must have it (Linux 5.13) and privileges that can
        no more be gained.
    """
    try:
        version = system_call(_CREATE_RULESET, None, 0, _TELL_VERSION)
        attributes = _Ruleset(
            _supported(_FILE_RIGHTS, version),
            _supported(_NETWORK_RIGHTS, version),
            _supported(_SCOPES, version),
        )
        size = max(size for first, size in _SIZES.items() if first <= version)
        ruleset = system_call(_CREATE_RULESET, ctypes.byref(attributes), size, 0)
    except OSError:  # no such call, or switched off
        return False
    try:
        for path in paths:
            _allow(ruleset, path)
        system_call(_RESTRICT_SELF, ruleset, 0)
    except OSError:
        return False
    finally:
        os.close(ruleset)
    return True


def _supported(rights: dict[int, int], version: int) -> int:
    return sum(bits for first, bits in rights.items() if first <= version)


def _allow(ruleset: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not there, or not to be entered: nothing to allow
        return
    try:
        is_folder = stat.S_ISDIR(os.fstat(place).st_mode)
        rights = _READ_FILE | _READ_FOLDER if is_folder else _READ_FILE
        rule = _Rule(rights, place)
        system_call(_ADD_RULE, ruleset, _BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)
