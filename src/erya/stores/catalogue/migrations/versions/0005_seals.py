"""A hash of each document's source and readers, which no other hash covers."""

import sqlalchemy as sa
from alembic import op

from erya.stores.catalogue.sealing import seal_all

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and seal every document as it is."""
    column = sa.Column("seal", sa.String(), nullable=False, server_default="")
    op.add_column("documents", column)
    seal_all(op.get_bind())
