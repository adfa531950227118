"""Who may do what. Every door asks here; nothing else decides."""

import re
from collections.abc import Iterable
from typing import Final, Literal

from erya.errors import NotAllowedError, UsageError
from erya.records import Principal

__all__ = ["EVERYTHING", "Action", "Everything", "labels", "permit", "reader_labels"]

Action = Literal["read", "write", "maintain"]


class Everything:
    """The type of `EVERYTHING`: no label is asked for."""


EVERYTHING: Final = Everything()

_LABEL = re.compile(r"public|(?:user|group):[^\s,:][^\s,]*")


def labels(principal: Principal) -> frozenset[str] | Everything:
    """Return the labels of which a document must carry one for `principal` to read it.

    Nobody in particular, without groups, reads what is public. An owner and the system
    read everything, which is a value of its own and never an empty set.

    Raises:
        UsageError: `principal` is no Principal.
    """
    _check(principal)
    if principal.role != "reader":
        return EVERYTHING
    own = {f"user:{principal.user}"} if principal.user else set()
    return frozenset({"public", *own, *(f"group:{name}" for name in principal.groups)})


def permit(principal: Principal, action: Action) -> None:
    """Let `principal` do `action`, or refuse.

    Everyone may read, each within their `labels`; an owner may also write and maintain,
    and so may the system.

    Raises:
        NotAllowedError: A reader asked for more than reading.
        UsageError: `principal` is no Principal.
    """
    _check(principal)
    if action == "read" or principal.role != "reader":
        return
    who = principal.user or "an unnamed reader"
    msg = f"{who} may read this base and not {action} it. Ask its owner."
    raise NotAllowedError(msg)


def _check(principal: object) -> None:
    if not isinstance(principal, Principal):
        msg = (
            f"A principal is a Principal, got {principal!r}. Try "
            'Principal(user="ada", groups=frozenset({"sales"})).'
        )
        raise UsageError(msg)


def reader_labels(given: Iterable[str]) -> frozenset[str]:
    """Check labels that a person typed.

    Raises:
        UsageError: One is not `user:NAME`, `group:NAME` or `public`, or none is given.
    """
    wanted = frozenset(given)
    for label in sorted(wanted):
        if not _LABEL.fullmatch(label):
            msg = (
                f"A reader is user:NAME, group:NAME or public, got {label!r}. "
                "Try --readers group:sales, or --readers public."
            )
            raise UsageError(msg)
    if not wanted:
        msg = "At least one reader is needed, got none. Try --readers public."
        raise UsageError(msg)
    return wanted
