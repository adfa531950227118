"""What can go wrong, as one tree.

* EryaError: everything Erya raises on purpose.
  + UsageError: the caller can mend it; the CLI prints it without a traceback.
    - MissingExtraError: an optional dependency is not installed.
    - UntrustedSettingsError: a settings file that only lies here can send or write.
    - NotAllowedError: the caller may not do this.
    - NotFoundError: no such base, document or model, or none that the caller may see.
  + DocumentError: one document cannot be read; the rest of the batch goes on.
  + FetchError: an address cannot be fetched, or may not be.
  + StoreError: a knowledge base cannot do what was asked.
    - BusyError: another process writes to it.
    - NewerFormatError: a later release wrote it; it was left untouched.
    - OtherModelError: it holds vectors of another embedding model.
    - DamagedError: stored bytes are not what was written.
  + ModelError: a model gave no usable answer.
  + JobCancelledError: somebody asked for work to end.
"""

__all__ = [
    "BusyError",
    "DamagedError",
    "DocumentError",
    "EryaError",
    "FetchError",
    "JobCancelledError",
    "MissingExtraError",
    "ModelError",
    "NewerFormatError",
    "NotAllowedError",
    "NotFoundError",
    "OtherModelError",
    "StoreError",
    "UntrustedSettingsError",
    "UsageError",
]


class EryaError(Exception):
    """Everything Erya raises on purpose."""


class UsageError(EryaError):
    """The caller passed something that cannot work and can mend it."""


class MissingExtraError(UsageError):
    """An optional dependency is not installed.

    Attributes:
        extra: The name to put between the brackets of `pip install 'erya[...]'`.
    """

    def __init__(self, *, feature: str, extra: str) -> None:
        """Word the error: what was asked for, and the command that mends it."""
        self.extra = extra
        super().__init__(
            f"{feature} needs packages that are not installed. "
            f"Install them with: pip install 'erya[{extra}]'"
        )


class UntrustedSettingsError(UsageError):
    """A settings file that merely lies in the working folder can send or write.

    Attributes:
        file: The file.
        settings: Those of its settings that can.
    """

    def __init__(self, *, file: str, settings: tuple[str, ...]) -> None:
        """Word the error: the file, its settings, and how to say that it may."""
        self.file, self.settings = file, settings
        super().__init__(
            f"{file} sets {', '.join(settings)}: what can reach other machines, or "
            "write. If it is yours, say so once: erya config trust. Or name it: "
            "--config erya.toml"
        )


class NotAllowedError(UsageError):
    """The caller may not do this."""


class NotFoundError(UsageError):
    """There is no such thing, or none that the caller may see: the two look alike."""


class DocumentError(EryaError):
    """One document cannot be read.

    Attributes:
        code: What happened, as one word for programs, such as `too_large`.
    """

    def __init__(self, message: str, *, code: str) -> None:
        """Word the error for a person, and name its kind for a program."""
        self.code = code
        super().__init__(message)


class FetchError(EryaError):
    """An address cannot be fetched, or may not be.

    Attributes:
        code: What happened, as one word for programs, such as `not_public`.
    """

    def __init__(self, message: str, *, code: str) -> None:
        """Word the error for a person, and name its kind for a program."""
        self.code = code
        super().__init__(message)


class StoreError(EryaError):
    """A knowledge base cannot do what was asked."""


class BusyError(StoreError):
    """Another process writes to the base.

    Attributes:
        holder: Who holds the lock, as the holder described itself.
    """

    def __init__(self, *, base: str, holder: str) -> None:
        """Word the error: the base, who has it, and what to do."""
        self.holder = holder
        super().__init__(
            f"The base {base!r} is being written by {holder}. "
            "Wait until it has finished, then run the command again."
        )


class NewerFormatError(StoreError):
    """A later release of Erya wrote the base; it was left untouched."""


class OtherModelError(StoreError):
    """The base holds vectors of another embedding model than the one given."""


class DamagedError(StoreError):
    """Stored bytes are not what was written."""


class ModelError(EryaError):
    """A model could not be reached, or gave no usable answer.

    Attributes:
        reader_message: The same for whoever asks a question: without addresses, and
            without what a server or a library said, which may hold a key.
    """

    def __init__(self, message: str, *, reader_message: str = "") -> None:
        """Word the error for whoever runs Erya, and for a reader."""
        super().__init__(message)
        self.reader_message = reader_message or "A model gave no usable answer."


class JobCancelledError(EryaError):
    """Somebody asked for work to end; what was stored by then stays.

    Attributes:
        number: The job.
    """

    def __init__(self, *, number: int) -> None:
        """Word the error: which job, and what is left of it."""
        self.number = number
        super().__init__(
            f"Job {number} was cancelled. What it had stored by then stays."
        )
