"""A bucket of S3, or of what speaks its language, as a source."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from typing_extensions import override

from erya.errors import UsageError
from erya.extras import require
from erya.records import Item, Problem, Unchanged
from erya.sources.base import NOTHING_KNOWN, Known, Source

__all__ = ["BucketSource"]

_TRIES: Final = 3
_SECONDS: Final = 60
# Where keys are asked for over the network: of the machine, of its container.
_OF_MACHINES: Final = ("iam-role", "container-role")


@dataclass(slots=True, kw_only=True)
class BucketSource(Source):
    """Offers the objects of a bucket below a prefix, and reads those with a new ETag.

    Keys and region come from where every program of AWS has them: the environment, or
    `~/.aws`. The machine's own role is asked for only where that is allowed, and no
    proxy of the environment is used: both would learn who asks for what.

    Attributes:
        bucket: Its name.
        prefix: The folder that the keys are in; empty for all.
        endpoint: Where it is, if not at AWS: `http://127.0.0.1:9000`.
        object_bytes: The largest object that is read.
        proxy: The proxy to reach it through; empty goes there directly.
        machine_role: Whether keys may come from the machine's metadata address.
    """

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    object_bytes: int = 100_000_000
    proxy: str = ""
    machine_role: bool = False
    _complete: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """Let the prefix be a folder: documents are removed by what they are under.

        Raises:
            UsageError: No bucket is named.
        """
        if not self.bucket:
            msg = "No bucket is named. Addresses of buckets are: s3://BUCKET/PREFIX"
            raise UsageError(msg)
        self.prefix = f"{self.prefix.strip('/')}/" if self.prefix.strip("/") else ""

    @property
    @override
    def roots(self) -> tuple[str, ...]:
        """The bucket with the prefix, as an address."""
        return (f"s3://{self.bucket}/{self.prefix}".rstrip("/"),)

    @override
    def complete(self, root: str) -> bool:
        """Tell whether the whole list was read."""
        return self._complete

    @override
    def items(
        self, known: Known = NOTHING_KNOWN
    ) -> Iterator[Item | Problem | Unchanged]:
        """Yield each object that is new or has changed, and the others as unchanged.

        Raises:
            MissingExtraError: The extra `s3` is not installed.
            UsageError: The bucket cannot be listed.
        """
        self._complete = False
        client, errors = self._client()
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix
        )
        try:
            for page in pages:
                for entry in page.get("Contents", ()):
                    # A key with it is a folder, as consoles make them.
                    if not entry["Key"].endswith("/"):
                        yield self._object(client, entry, known=known, errors=errors)
        except errors as error:
            msg = f"The bucket {self.bucket!r} cannot be listed: {error}"
            raise UsageError(msg) from None
        self._complete = True

    def _client(self) -> tuple[Any, tuple[type[Exception], ...]]:
        boto3, config, failures, sessions = (
            require(name, feature="Reading a bucket", extra="s3")
            for name in (
                "boto3", "botocore.config", "botocore.exceptions", "botocore.session",
            )
        )  # fmt: skip
        session = sessions.get_session()
        if not self.machine_role:
            credential_provider = session.get_component("credential_provider")
            for provider in _OF_MACHINES:
                credential_provider.remove(provider)
        client_config = config.Config(
            connect_timeout=_SECONDS,
            read_timeout=_SECONDS,
            retries={"max_attempts": _TRIES},
            proxies={"http": self.proxy, "https": self.proxy} if self.proxy else {},
        )
        try:
            client = boto3.Session(botocore_session=session).client(
                "s3", endpoint_url=self.endpoint or None, config=client_config
            )
        except ValueError:
            msg = (
                f"{self.endpoint!r} is no endpoint of buckets. They are addresses: "
                "http://127.0.0.1:9000"
            )
            raise UsageError(msg) from None
        return client, (failures.BotoCoreError, failures.ClientError)

    def _object(
        self,
        client: Any,
        entry: dict[str, Any],
        *,
        known: Known,
        errors: tuple[type[Exception], ...],
    ) -> Item | Problem | Unchanged:
        source = f"s3://{self.bucket}/{entry['Key']}"
        validators = {"etag": str(entry["ETag"])}
        if known.get(source) == validators:
            return Unchanged(source)
        if entry["Size"] > self.object_bytes:
            message = (
                f"It has {entry['Size']:,} bytes; up to {self.object_bytes:,} are "
                "read. Raise max_file_bytes to include it."
            )
            return Problem(
                source=source, code="too_large", message=message, failed=True
            )
        try:
            # What was listed, or nothing: it may have changed meanwhile.
            response = client.get_object(
                Bucket=self.bucket, Key=entry["Key"], IfMatch=entry["ETag"]
            )
            data = response["Body"].read(self.object_bytes + 1)
        except errors as error:
            return Problem(
                source=source,
                code="unreadable",
                message=f"It cannot be read: {error}",
                failed=True,
            )
        return Item(source=source, data=data, validators=validators)
