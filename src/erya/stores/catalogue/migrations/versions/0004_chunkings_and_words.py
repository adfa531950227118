"""Chunks of other chunkers beside those in use, and the words of a base."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, empty."""
    op.create_table(
        "chunkings",
        sa.Column(
            "document",
            sa.Integer(),
            sa.ForeignKey("documents.number", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("recipe", sa.String(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("embedder", sa.Integer()),
        sa.Column("chunks", sa.JSON(), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
        sa.Column("crc", sa.Integer(), nullable=False),
    )
    op.create_table(
        "words",
        sa.Column("word", sa.String(), primary_key=True),
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("others", sa.JSON(), nullable=False),
    )
