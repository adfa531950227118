"""How much of the personal data in texts is found, and what is taken for it wrongly.

On data in the form of Presidio's synthetic sets: texts with spans, each of a type. A
labelled span is found when something of its kind lies on it (the `type` match of
SemEval-2013, task 9); a finding is right when it lies on a label of its kind. F2 counts
recall for more, since what is not found stays in the text.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from erya.errors import UsageError
from erya.evaluating.benchmarks.base import Measure, Setup, Task
from erya.evaluating.files import json_rows, wrong
from erya.evaluating.runs import Progress, SampleResult
from erya.guarding import PersonalData

__all__ = ["DetectionScores", "read_pii", "score_detection"]

# What the sets call the kinds that Erya finds; others stay, in small letters.
_KINDS: Final = {
    "bank_card": ("credit_card",),
    "email": ("email_address",),
    "iban": ("iban_code",),
    "ip_address": ("ip",),
    "passport": ("cn_passport",),
    "phone": ("phone_number", "cn_phone", "cn_landline"),
    "vehicle_plate": ("cn_plate",),
    "cn_social_credit": ("cn_uscc",),
    "address": ("street_address",),
    "organization": ("org",),
}
_KIND_OF: Final = {other: kind for kind, others in _KINDS.items() for other in others}
# A set without dates of birth may label them as dates.
_ALSO: Final = {"date_time": "date_of_birth"}


class DetectionScores(NamedTuple):
    """The scores of the findings in one text, each 0 to 1.

    Attributes:
        recall: The share of labels that were found; None where there is no label.
        precision: The share of findings that are right; None without any finding.
        f2: Both as one figure; None where there is nothing of either.
    """

    recall: float | None
    precision: float | None
    f2: float | None


class _Labelled(NamedTuple):
    key: str
    text: str
    labels: Sequence[PersonalData]


def read_pii(folder: Path, setup: Setup) -> Task:
    """Read all `*.jsonl` with `spans`; a line without any has no personal data.

    Raises:
        UsageError: There is no such file, or a line is not what it should be.
    """
    files, items = [], []
    for path in sorted(folder.glob("*.jsonl")):
        rows = list(json_rows(path))
        if any("spans" in row for _, row in rows):
            files.append(path)
            items += [_read_item(path, number, row) for number, row in rows]
    if not items:
        msg = f"There is no file in {folder} whose lines have text and spans."
        raise UsageError(msg)

    @contextmanager
    def open_task(on_progress: Progress) -> Iterator[Measure]:  # noqa: ARG001 - at once
        def measure(item: _Labelled) -> SampleResult:
            findings = setup.personal_data.find(item.text)
            return SampleResult(
                id=item.key,
                scores=_scores(item.labels, findings),
                detail={
                    "question": item.text,
                    "accepted": [_describe(item.text, each) for each in item.labels],
                    "answer": "; ".join(
                        _describe(item.text, each) for each in findings
                    ),
                },
            )

        yield measure

    return Task(files, [(each.key, each) for each in items], open_task)


def score_detection(
    labels: Sequence[PersonalData], findings: Sequence[PersonalData]
) -> DetectionScores:
    """Compare the findings in a text with its labels."""
    hits = sum(_is_covered(label, findings) for label in labels)
    right = sum(any(_same(label, each) for label in labels) for each in findings)
    both = hits + 4 * len(labels) + len(findings) - right  # 5 hits, 4 missed, 1 wrong
    return DetectionScores(
        recall=hits / len(labels) if labels else None,
        precision=right / len(findings) if findings else None,
        f2=5 * hits / both if both else None,
    )


def _scores(
    labels: Sequence[PersonalData], findings: Sequence[PersonalData]
) -> dict[str, float | None]:
    scores = {
        k: v
        for k, v in score_detection(labels, findings)._asdict().items()
        if v is not None
    }
    if not labels:
        scores = {"false_alarm": float(bool(findings))}
    for kind in sorted({label.kind for label in labels}):
        of_kind = [label for label in labels if label.kind == kind]
        scores[f"recall_{kind}"] = sum(_is_covered(x, findings) for x in of_kind) / len(
            of_kind
        )
    return scores


def _is_covered(label: PersonalData, findings: Sequence[PersonalData]) -> bool:
    return any(_same(label, each) for each in findings)


def _same(label: PersonalData, finding: PersonalData) -> bool:
    """Tell whether a finding is of a label's kind and lies on it."""
    return (
        finding.kind in {label.kind, _ALSO.get(label.kind)}
        and finding.start < label.end
        and label.start < finding.end
    )


def _read_item(path: Path, number: int, row: Mapping[str, Any]) -> _Labelled:
    text = row.get("text")
    if not isinstance(text, str):
        raise UsageError(wrong(path, number, "lacks text"))
    try:
        labels = [
            PersonalData(_kind(str(each["type"])), int(each["start"]), int(each["end"]))
            for each in row.get("spans") or ()
        ]
    except (LookupError, TypeError, ValueError):
        what = "must have spans with type, start and end"
        raise UsageError(wrong(path, number, what)) from None
    if any(not 0 <= each.start < each.end <= len(text) for each in labels):
        raise UsageError(wrong(path, number, "has a span outside of its text"))
    return _Labelled(f"{path.stem}/{row.get('id', number)}", text, labels)


def _kind(called: str) -> str:
    kind = called.lower()
    return _KIND_OF.get(kind, kind)


def _describe(text: str, finding: PersonalData) -> str:
    return f"{finding.kind}: {text[finding.start : finding.end]}"
