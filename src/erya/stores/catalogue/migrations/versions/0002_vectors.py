"""Vectors of chunks, and the models that made them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; what was stored before is searched by its words until then."""
    op.create_table(
        "embedders",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("dimension", sa.Integer(), nullable=False),
        sa.Column("probe", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "vectors",
        sa.Column(
            "chunk",
            sa.Integer(),
            sa.ForeignKey("chunks.number", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column(
            "embedder",
            sa.Integer(),
            sa.ForeignKey("embedders.number"),
            primary_key=True,
        ),
        sa.Column("known", sa.Float(), nullable=False),
        sa.Column("crc", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
    )
