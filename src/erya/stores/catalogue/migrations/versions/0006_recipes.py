"""An index of how current documents were read."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "versions_current_recipe",
        "versions",
        ["recipe"],
        sqlite_where=sa.text("superseded_at IS NULL"),
    )
