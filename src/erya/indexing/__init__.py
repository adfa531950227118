"""Keep a base in step with its sources, at the cost of what has changed.

Unchanged files cost a hash; changed ones are replaced; vanished ones are removed, but
only after a complete scan. A run that is stopped loses what it had not committed and
nothing else, and the next run goes on from there.
"""

from erya.indexing.ingestion import (
    Ingestion,
    IngestReport,
    PipelineVersion,
    Stored,
    known_of,
)
from erya.indexing.planning import Plan, plan_of_new_base, planned
from erya.indexing.publishing import (
    WAIT_SECONDS,
    BaseRules,
    Publisher,
    base_rules,
    check_rules,
)
from erya.indexing.rechunking import rechunk
from erya.indexing.reembedding import reembed, switch

__all__ = [
    "WAIT_SECONDS",
    "BaseRules",
    "IngestReport",
    "Ingestion",
    "PipelineVersion",
    "Plan",
    "Publisher",
    "Stored",
    "base_rules",
    "check_rules",
    "known_of",
    "plan_of_new_base",
    "planned",
    "rechunk",
    "reembed",
    "switch",
]
