"""The JSON objects that the command line, the server and the client share.

Offsets are Unicode code points of `Document.text`, pages count from 1. The objects of
one `VERSION` only ever gain keys; one that is renamed, removed or means something else
raises it. Nothing here computes: values are put in their places.
"""

from typing import Final

from erya.shapes.acting import (
    agent_run_shape,
    stored_run_shape,
    tool_result_shape,
    tool_shape,
)
from erya.shapes.administration import (
    base_settings_shape,
    base_shape,
    chunkings_shape,
    embedders_shape,
    findings_shape,
    groups_shape,
    model_shape,
    models_shape,
    probes_shape,
    status_shape,
    stored_problems_shape,
    words_shape,
)
from erya.shapes.asking import (
    AnswerShape,
    CitationShape,
    ClaimShape,
    EvidenceShape,
    HitShape,
    UsageShape,
    answer_shape,
    citation_shape,
    cited_passage_shape,
    claim_shape,
    evidence_shape,
    extraction_shape,
    hit_shape,
    miss_shape,
    usage_shape,
)
from erya.shapes.common import (
    dataclass_shape,
)
from erya.shapes.conversing import thread_shape, turn_shape
from erya.shapes.ingesting import (
    DoubtfulShape,
    NoticeShape,
    PlanShape,
    ProblemShape,
    ReportShape,
    inspection_shape,
    job_shape,
    notice_shape,
    plan_shape,
    problem_shapes,
    report_shape,
)
from erya.shapes.measuring import (
    comparison_shape,
    estimates_shape,
    judge_check_shape,
    retrieval_shape,
    run_shape,
    rung_shape,
    runs_shape,
    spent_shape,
)

__all__ = [
    "VERSION",
    "AnswerShape",
    "CitationShape",
    "ClaimShape",
    "DoubtfulShape",
    "EvidenceShape",
    "HitShape",
    "NoticeShape",
    "PlanShape",
    "ProblemShape",
    "ReportShape",
    "UsageShape",
    "agent_run_shape",
    "answer_shape",
    "base_settings_shape",
    "base_shape",
    "chunkings_shape",
    "citation_shape",
    "cited_passage_shape",
    "claim_shape",
    "comparison_shape",
    "dataclass_shape",
    "embedders_shape",
    "estimates_shape",
    "evidence_shape",
    "extraction_shape",
    "findings_shape",
    "groups_shape",
    "hit_shape",
    "inspection_shape",
    "job_shape",
    "judge_check_shape",
    "miss_shape",
    "model_shape",
    "models_shape",
    "notice_shape",
    "plan_shape",
    "probes_shape",
    "problem_shapes",
    "report_shape",
    "retrieval_shape",
    "run_shape",
    "rung_shape",
    "runs_shape",
    "spent_shape",
    "status_shape",
    "stored_problems_shape",
    "stored_run_shape",
    "thread_shape",
    "tool_result_shape",
    "tool_shape",
    "turn_shape",
    "usage_shape",
    "words_shape",
]

VERSION: Final = 1
