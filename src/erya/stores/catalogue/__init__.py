"""What is known of a base, in SQL. From it every index is written anew."""

from erya.stores.catalogue.catalogue import SqlCatalogue

__all__ = ["SqlCatalogue"]
