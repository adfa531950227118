"""Refuse to build a package without the models that travel in it."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_MODELS = ("erya-embedder/erya.json", "erya-reader")


class CustomBuildHook(BuildHookInterface):
    """Looks for the models before anything is packed; `make model` makes them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's contract
        """Stop a build that would give a package which cannot search by meaning.

        Raises:
            RuntimeError: The models are not there.
        """
        if version == "editable":  # of a checkout, where they are made afterwards
            return
        bundled = Path(self.root) / "src/erya/models/bundled"
        missing = [name for name in _MODELS if not (bundled / name).exists()]
        if missing:
            msg = (
                f"The models that travel in the package are not there: "
                f"{', '.join(missing)} in {bundled}. Run this first: make model"
            )
            raise RuntimeError(msg)
