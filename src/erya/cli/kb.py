"""`erya kb`: the knowledge bases."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from erya.cli.lazy import LazyCommand, LazyGroup

__all__ = ["app"]

# Each with its module and its name there, and what it does.
_ROWS: Final = (
    ("create", "kb_settings:create", "Make an empty base that keeps how it is made."),
    ("set", "kb_settings:set_settings", "Change what a base keeps, or show it."),
    ("grant", "kb_settings:grant", "Give a person or a group a role in a base."),
    ("revoke", "kb_settings:revoke", "Take the role of a person or a group in a base."),
    ("list", "kb_list:list_bases", "List the knowledge bases."),
    ("show", "kb_base:show", "Show what a base holds: documents, readers, last runs."),
    ("delete", "kb_base:delete", "Delete a base with everything in it."),
    ("verify", "kb_base:verify", "Check everything in a base; changes nothing."),
    ("rebuild", "kb_base:rebuild", "Write the index of a base anew from its texts."),
    ("reembed", "kb_beside:reembed", "Embed a base with another model, and switch."),
    ("rechunk", "kb_beside:rechunk", "Cut a base by another chunker, and switch."),
    ("words", "kb_base:words", "List and change what people say in other words."),
)
_COMMANDS: Final[Mapping[str, LazyCommand]] = MappingProxyType(
    {name: LazyCommand(f"erya.cli.{at}", what) for name, at, what in _ROWS}
)

app = LazyGroup(
    "kb",
    _COMMANDS,
    help="Make, list, show, change, check and delete knowledge bases.",
)
