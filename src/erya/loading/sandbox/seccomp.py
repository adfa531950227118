"""A filter of system calls: what no parser needs fails, for good and for all threads.

A denied call returns EPERM, so that a library that tries something harmless goes on
without it. See <https://docs.kernel.org/userspace-api/seccomp_filter.html>.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from erya.loading.sandbox.kernel import set_option, system_call

__all__ = ["deny_calls", "program_for"]

# Calls that are denied whatever their arguments: name, number on x86_64, on aarch64.
_DENIED: Final = """
execve 59 221, execveat 322 281, fork 57 -, vfork 58 -, setsid 112 157, setpgid 109 154
socket 41 198, socketpair 53 199, connect 42 203, bind 49 200, listen 50 201
accept 43 202, accept4 288 242, sendto 44 206, sendmsg 46 211, sendmmsg 307 269
creat 85 -, unlink 87 -, unlinkat 263 35, rmdir 84 -, mkdir 83 -, mkdirat 258 34
rename 82 -, renameat 264 38, renameat2 316 276, link 86 -, linkat 265 37
symlink 88 -, symlinkat 266 36, mknod 133 -, mknodat 259 33, truncate 76 45
ftruncate 77 46, fallocate 285 47, chmod 90 -, fchmod 91 52, fchmodat 268 53
chown 92 -, fchown 93 55, lchown 94 -, fchownat 260 54, utime 132 -, utimes 235 -
futimesat 261 -, utimensat 280 88, setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7
removexattr 197 14, lremovexattr 198 15, fremovexattr 199 16, inotify_init 253 -
inotify_init1 294 26, inotify_add_watch 254 27, fanotify_init 300 262
mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, open_tree 428 428
move_mount 429 429, fsopen 430 430, fsconfig 431 431, fsmount 432 432, fspick 433 433
mount_setattr 442 442, swapon 167 224, swapoff 168 225, quotactl 179 60
quotactl_fd 443 443, name_to_handle_at 303 264, open_by_handle_at 304 265
unshare 272 97, setns 308 268, tkill 200 130, rt_sigqueueinfo 129 138
rt_tgsigqueueinfo 297 240, pidfd_send_signal 424 424, pidfd_open 434 434
pidfd_getfd 438 438, ptrace 101 117, process_vm_readv 310 270
process_vm_writev 311 271, process_madvise 440 440, process_mrelease 448 448
kcmp 312 272, setpriority 141 140, ioprio_set 251 30, sched_setparam 142 118
sched_setscheduler 144 119, sched_setattr 314 274, migrate_pages 256 238
move_pages 279 239, setuid 105 146, setgid 106 144, setreuid 113 145, setregid 114 143
setresuid 117 147, setresgid 119 149, setgroups 116 159, setfsuid 122 151
setfsgid 123 152, capset 126 91, setrlimit 160 164, shmget 29 194, shmat 30 196
shmctl 31 195, semget 64 190, semop 65 193, semtimedop 220 192, semctl 66 191
msgget 68 186, msgsnd 69 189, msgrcv 70 188, msgctl 71 187, mq_open 240 180
mq_unlink 241 181, memfd_create 319 279, memfd_secret 447 447, bpf 321 280
perf_event_open 298 241, io_uring_setup 425 425, io_uring_enter 426 426
io_uring_register 427 427, keyctl 250 219, add_key 248 217, request_key 249 218
userfaultfd 323 282, init_module 175 105, finit_module 313 273, delete_module 176 106
kexec_load 246 104, kexec_file_load 320 294, reboot 169 142, acct 163 89
sethostname 170 161, setdomainname 171 162, settimeofday 164 170, clock_settime 227 112
adjtimex 159 171, clock_adjtime 305 266, iopl 172 -, ioperm 173 -, syslog 103 116
vhangup 153 58, modify_ldt 154 -, personality 135 92
"""
# Calls whose arguments decide.
_JUDGED: Final = """
open 2 -, openat 257 56, openat2 437 437, clone 56 220, clone3 435 435, kill 62 129
tgkill 234 131, fcntl 72 25, ioctl 16 29, prctl 157 167, prlimit64 302 261
"""
_NEWEST: Final = 448  # what came to the kernel later, nobody has looked at
_X32: Final = 0x40000000  # a second set of calls on x86_64, by other numbers

_WRITES: Final = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC
_THREAD: Final = 0x10000  # CLONE_THREAD
# Signals sent to others (F_SETOWN, F_SETSIG, F_SETOWN_EX), and watching files.
_FCNTL_DENIED: Final = (8, 10, 15, 1024, 1026)
# TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
_IOCTL_ALLOWED: Final = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
# PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_PTRACER
_PRCTL_DENIED: Final = (1, 4, 0x59616D61)

_KILL: Final = 0x80000000
_ALLOW: Final = 0x7FFF0000
_ERROR: Final = 0x00050000
_EPERM: Final = _ERROR | 1
_ENOTTY: Final = _ERROR | 25
_ENOSYS: Final = _ERROR | 38  # a library then does it as with older kernels

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_EQUAL: Final = 0x15
_ABOVE: Final = 0x25
_AT_LEAST: Final = 0x35
_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06

_SET_FILTER: Final = 1  # SECCOMP_SET_MODE_FILTER
_ALL_THREADS: Final = 1  # SECCOMP_FILTER_FLAG_TSYNC
_OPTION: Final = 22  # PR_SET_SECCOMP


class _Machine(NamedTuple):
    """An architecture: what the kernel calls it, and its column of the tables."""

    audit: int
    column: int
    seccomp: int


_MACHINES: Final = {
    "x86_64": _Machine(audit=0xC000003E, column=0, seccomp=317),
    "aarch64": _Machine(audit=0xC00000B7, column=1, seccomp=277),
}


class _Step(NamedTuple):
    """One instruction; a test goes on by `yes` or `no` instructions more."""

    code: int
    value: int
    yes: int = 0
    no: int = 0


def deny_calls() -> bool:
    """Let this process, with all its threads, make no call that no parser needs.

    Opening a file to write, starting a process or a program, sockets, signals to
    others, and changes to files, to rights and to the system fail.

    Returns:
        Whether it holds: on Linux, x86_64 or aarch64, after `forbid_new_privileges`.
    """
    if sys.platform != "linux" or sys.maxsize <= 1 << 32:
        return False
    name = os.uname().machine
    if name not in _MACHINES:
        return False
    packed = b"".join(
        struct.pack("=HBBI", step.code, step.yes, step.no, step.value)
        for step in program_for(name, own=os.getpid())
    )
    program = _Program(len(packed) // 8, packed)
    reference = ctypes.byref(program)
    try:
        number = _MACHINES[name].seccomp
        return system_call(number, _SET_FILTER, _ALL_THREADS, reference) == 0
    except OSError:  # older than Linux 3.17: this thread alone
        return set_option(_OPTION, 2, reference)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def program_for(machine: str, *, own: int) -> list[_Step]:
    """Return the filter's instructions.

    Args:
        machine: `x86_64` or `aarch64`.
        own: The number of this process, the only one that it may signal.
    """
    audit, column, _ = _MACHINES[machine]
    steps = [
        _Step(_LOAD, 4),
        _Step(_EQUAL, audit, 1, 0),
        _Step(_RETURN, _KILL),
        _Step(_LOAD, 0),
        _Step(_AT_LEAST, _X32, 0, 1),
        _Step(_RETURN, _KILL),
        _Step(_ABOVE, _NEWEST, 0, 1),
        _Step(_RETURN, _ENOSYS),
    ]
    verdicts = _verdicts(own)
    for name, number in _numbers(_JUDGED, column):
        steps += [_Step(_EQUAL, number, 0, len(verdicts[name])), *verdicts[name]]
    for _, number in _numbers(_DENIED, column):
        steps += [_Step(_EQUAL, number, 0, 1), _Step(_RETURN, _EPERM)]
    return [*steps, _Step(_RETURN, _ALLOW)]


def _numbers(table: str, column: int) -> Iterator[tuple[str, int]]:
    for row in table.replace("\n", ",").split(","):
        if row:
            name, *numbers = row.split()
            if numbers[column] != "-":
                yield name, int(numbers[column])


def _verdicts(own: int) -> dict[str, list[_Step]]:
    """Return the instructions for each judged call; all of them end with a verdict."""
    # Its arguments lie in memory, where a filter cannot look.
    unseen = [_Step(_RETURN, _ENOSYS)]
    only_itself = [*_argument(0), *_only({own}, otherwise=_EPERM)]
    return {
        "open": [*_argument(1), *_unless_any_bit(_WRITES)],
        "openat": [*_argument(2), *_unless_any_bit(_WRITES)],
        "openat2": unseen,
        "clone": [*_argument(0), _Step(_ANY_BIT, _THREAD, 0, 1), *_allow_or(_EPERM)],
        "clone3": unseen,
        "kill": only_itself,
        "tgkill": only_itself,
        "fcntl": [*_argument(1), *_none_of(_FCNTL_DENIED)],
        "ioctl": [*_argument(1), *_only(_IOCTL_ALLOWED, otherwise=_ENOTTY)],
        "prctl": [*_argument(0), *_none_of(_PRCTL_DENIED)],
        # Limits may be asked for, not set.
        "prlimit64": [
            *_argument(2),
            _Step(_EQUAL, 0, 1, 0),
            _Step(_RETURN, _EPERM),
            *_argument(2, upper=True),
            *_only({0}, otherwise=_EPERM),
        ],
    }


def _argument(index: int, *, upper: bool = False) -> list[_Step]:
    """Load half of an argument; the kernel uses the lower one of most."""
    return [_Step(_LOAD, 16 + 8 * index + 4 * upper)]


def _allow_or(error: int) -> list[_Step]:
    return [_Step(_RETURN, _ALLOW), _Step(_RETURN, error)]


def _unless_any_bit(bits: int) -> list[_Step]:
    return [_Step(_ANY_BIT, bits, 1, 0), *_allow_or(_EPERM)]


def _only(values: Iterable[int], *, otherwise: int) -> list[_Step]:
    tests = [
        step
        for value in values
        for step in (_Step(_EQUAL, value, 0, 1), _Step(_RETURN, _ALLOW))
    ]
    return [*tests, _Step(_RETURN, otherwise)]


def _none_of(values: Iterable[int]) -> list[_Step]:
    tests = [
        step
        for value in values
        for step in (_Step(_EQUAL, value, 0, 1), _Step(_RETURN, _EPERM))
    ]
    return [*tests, _Step(_RETURN, _ALLOW)]
