"""Who may do what. Every door asks here; nothing else decides."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, get_args

from erya.errors import NotAllowedError, UsageError
from erya.records import Principal

__all__ = [
    "EVERYTHING",
    "Action",
    "BaseAccess",
    "Everything",
    "Role",
    "check_grant",
    "check_member",
    "labels",
    "owns",
    "permit",
    "permit_home",
    "reader_labels",
    "role_in",
]

Action = Literal["read", "write", "maintain"]
Role = Literal["reader", "editor", "owner"]
_ORDER: Final[tuple[Role, ...]] = get_args(Role)  # each may all that those before may
_NEEDS: Final[Mapping[Action, Role]] = MappingProxyType(
    {"read": "reader", "write": "editor", "maintain": "owner"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseAccess:
    """A knowledge base, as far as it matters for who may do what.

    Attributes:
        name: What it is called.
        grants: The role that a person or a group has in it: `user:NAME` or
            `group:NAME` to role. Whoever has none is a reader, within their labels.
    """

    name: str
    grants: Mapping[str, Role] = field(default_factory=dict)


class Everything:
    """The type of `EVERYTHING`: no label is asked for."""


EVERYTHING: Final = Everything()

_LABEL = re.compile(r"public|(?:user|group):[^\s,:][^\s,]*")


def role_in(principal: Principal, base: BaseAccess) -> Role:
    """Return the role of `principal` in a base, the highest that was granted.

    The person at the keyboard owns the home folder, and so every base in it; so does
    the system. A role in one base is none in another.

    Raises:
        UsageError: `principal` is no Principal.
    """
    _check(principal)
    if principal.role != "reader":
        return "owner"
    granted = [base.grants[each] for each in _own(principal) if each in base.grants]
    return max(granted, key=_ORDER.index, default="reader")


def owns(principal: Principal, base: BaseAccess) -> bool:
    """Tell whether `principal` owns a base: they alone see what is masked in it.

    Raises:
        UsageError: `principal` is no Principal.
    """
    return role_in(principal, base) == "owner"


def labels(principal: Principal, base: BaseAccess) -> frozenset[str] | Everything:
    """Return the labels of which a document must carry one for `principal` to read it.

    Nobody in particular, without groups, reads what is public. Who edits or owns a base
    reads everything in it, which is a value of its own and never an empty set.

    Raises:
        UsageError: `principal` is no Principal.
    """
    if role_in(principal, base) != "reader":
        return EVERYTHING
    return frozenset({"public", *_own(principal)})


def permit(principal: Principal, action: Action, base: BaseAccess) -> None:
    """Let `principal` do `action` in a base, or refuse.

    Everyone may read, each within their `labels`; an editor may also write, and an
    owner maintain it: its settings, its grants, its models.

    Raises:
        NotAllowedError: Their role in this base does not allow it.
        UsageError: `principal` is no Principal.
    """
    role = role_in(principal, base)
    if _ORDER.index(role) >= _ORDER.index(_NEEDS[action]):
        return
    who = principal.user or "an unnamed reader"
    may = "read" if role == "reader" else "read and write"
    msg = f"{who} may {may} this base and not {action} it. Ask its owner."
    raise NotAllowedError(msg)


def permit_home(principal: Principal) -> None:
    """Let `principal` change what all bases share, or refuse.

    Raises:
        NotAllowedError: The home is not theirs.
        UsageError: `principal` is no Principal.
    """
    _check(principal)
    if principal.role == "reader":
        who = principal.user or "an unnamed reader"
        msg = f"{who} may not see or change who is in which group. Ask its owner."
        raise NotAllowedError(msg)


def check_member(group: str, user: str) -> None:
    """Check the names of a group and of a person in it.

    Raises:
        UsageError: One cannot be a name.
    """
    for kind, name in (("group", group), ("user", user)):
        if not _LABEL.fullmatch(f"{kind}:{name}"):
            msg = (
                f"The name of a {kind} has no blanks or commas and begins with no "
                f"colon, got {name!r:.80}. Try: erya groups add sales ada"
            )
            raise UsageError(msg)


def _own(principal: Principal) -> frozenset[str]:
    """Return what a principal is called in grants and among readers."""
    user = {f"user:{principal.user}"} if principal.user else set()
    return frozenset({*user, *(f"group:{name}" for name in principal.groups)})


def check_grant(label: str, role: str) -> tuple[str, Role]:
    """Check a grant that a person typed.

    Raises:
        UsageError: The label is no person or group, or there is no such role.
    """
    if label == "public" or not _LABEL.fullmatch(label):
        msg = f"A role is granted to user:NAME or group:NAME, got {label!r}."
        raise UsageError(msg)
    for known in _ORDER:
        if role == known:
            return label, known
    msg = f"There is no role {role!r}. There are: {', '.join(_ORDER)}."
    raise UsageError(msg)


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
