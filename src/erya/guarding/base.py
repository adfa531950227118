"""The contract of this room."""

from typing import NamedTuple, Protocol

__all__ = ["PersonalData", "PersonalDataDetector"]


class PersonalData(NamedTuple):
    """A piece of a text that belongs to a person.

    Attributes:
        kind: `email`, `phone`, `bank_card`, … as the detector documents it.
        start: Where it begins in the text, in characters.
        end: Where it ends.
    """

    kind: str
    start: int
    end: int


class PersonalDataDetector(Protocol):
    """Finds personal data."""

    def find(self, text: str) -> list[PersonalData]:
        """Return what is found, in the order of the text, none upon another.

        A text without any, and an empty one, give an empty list.
        """
        ...
