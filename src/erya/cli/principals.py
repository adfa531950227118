"""On whose behalf a command acts."""

from erya.config import Settings
from erya.errors import UsageError
from erya.opening import reader_of
from erya.records import Principal

__all__ = ["principal_for"]


def principal_for(settings: Settings, narrowed: str | None) -> Principal:
    """Return the person at the keyboard, or whom `--as` narrows them to.

    Raises:
        StoreError: Where groups are kept is out of reach.
        UsageError: `--as` names nobody.
    """
    if narrowed is None:
        return Principal.owner(settings.user)
    user, *groups = [part.strip() for part in narrowed.split(",")]
    if not user:
        msg = f"--as needs a name, got {narrowed!r}. Try --as ada,sales."
        raise UsageError(msg)
    return reader_of(settings, user, *filter(None, groups))
