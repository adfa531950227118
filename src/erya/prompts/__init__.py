"""What chat models are told: each prompt a file with a version, in plain text.

The first line of a file says `version: N`, raised with every change of the words; the
rest is the prompt. `{name}` stands for a value, from a closed set for each prompt, and
a brace of its own is doubled. A run of an evaluation records the hash of each.
"""

import hashlib
import string
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

__all__ = ["Prompt", "load_prompt"]

_VERSION: Final = "version: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt.

    Attributes:
        name: What it is called: the name of its file.
        version: Raised with every change of the words.
        template: The words, with `{name}` for each value.
    """

    name: str
    version: int
    template: str

    @property
    def placeholders(self) -> frozenset[str]:
        """The names of the values that it takes."""
        parsed = string.Formatter().parse(self.template)
        return frozenset(name for _, name, _, _ in parsed if name)

    @property
    def digest(self) -> str:
        """The beginning of the hash of its words, which tells it from others."""
        words = self.template if self.placeholders else self.fill()
        return hashlib.sha256(words.encode()).hexdigest()[:16]

    def fill(self, **values: object) -> str:
        """Return the words with values in their places.

        Args:
            values: One for each placeholder, and no other.

        Raises:
            ValueError: They are not those that the prompt takes.
        """
        if values.keys() != self.placeholders:
            wanted = ", ".join(sorted(self.placeholders)) or "none"
            msg = f"the prompt {self.name!r} takes {wanted}, got {sorted(values)}"
            raise ValueError(msg)
        return self.template.format(**values)


@cache
def load_prompt(name: str) -> Prompt:
    """Return the prompt called `name`.

    Raises:
        FileNotFoundError: There is none.
        ValueError: Its file does not begin with its version.
    """
    text = files(__package__).joinpath(f"{name}.txt").read_text("utf-8")
    first, _, template = text.partition("\n")
    if not first.startswith(_VERSION):
        msg = f"the prompt {name!r} does not begin with its version"
        raise ValueError(msg)
    version = int(first.removeprefix(_VERSION))
    return Prompt(name=name, version=version, template=template.rstrip("\n"))
