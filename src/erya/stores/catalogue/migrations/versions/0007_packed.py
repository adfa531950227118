"""Texts, terms, hashes and vectors may be packed, which earlier releases cannot read.

What is there stays as it is, and is read.
"""

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change no table: columns of SQLite hold either form."""
