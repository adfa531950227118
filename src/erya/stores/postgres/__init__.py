"""Knowledge bases of a team: one PostgreSQL is the truth for every machine.

Each machine keeps the two indexes of a base in its own home folder. They follow the
generations of the catalogue, so that another machine's commit is found by the next
search here.
"""

from erya.stores.postgres.place import PostgresPlace

__all__ = ["PostgresPlace"]
