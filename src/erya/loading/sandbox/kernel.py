"""Calls of Linux that Python has no function for. Elsewhere each of them fails."""

import ctypes
import os
import sys
from functools import cache
from typing import Any, Final

__all__ = ["drop_capabilities", "forbid_new_privileges", "set_option", "system_call"]

_NO_NEW_PRIVILEGES: Final = 38  # PR_SET_NO_NEW_PRIVS of linux/prctl.h
_CAPABILITY_VERSION: Final = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
# Python may be installed in a folder that only its owner may enter.
_DAC_READ_SEARCH: Final = 1 << 2


@cache
def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def system_call(number: int, *arguments: Any) -> int:
    """Make a system call by its number; whole numbers are passed as 64 bits.

    Raises:
        OSError: It failed.
    """
    passed = [
        ctypes.c_long(each) if isinstance(each, int) else each for each in arguments
    ]
    returned: int = _libc().syscall(ctypes.c_long(number), *passed)
    if returned < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return returned


def set_option(option: int, value: Any = 0, more: Any = 0) -> bool:
    """Call `prctl`, which sets something of this process; tell whether that worked."""
    if sys.platform != "linux":
        return False
    arguments = [
        ctypes.c_ulong(each) if isinstance(each, int) else each
        for each in (value, more, 0, 0)
    ]
    return bool(_libc().prctl(option, *arguments) == 0)


def forbid_new_privileges() -> bool:
    """Let no program that this process starts have more rights than it has."""
    return set_option(_NO_NEW_PRIVILEGES, 1)


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Capabilities(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def drop_capabilities() -> bool:
    """Give up what root may do beyond its own files, except to read."""
    if sys.platform != "linux":
        return False
    header, current = _Header(_CAPABILITY_VERSION, 0), (_Capabilities * 2)()
    if _libc().capget(ctypes.byref(header), current) != 0:
        return False
    kept = current[0].permitted & _DAC_READ_SEARCH
    left = (_Capabilities * 2)(_Capabilities(kept, kept, 0), _Capabilities(0, 0, 0))
    return bool(_libc().capset(ctypes.byref(header), left) == 0)
