"""Figures of runs without their questions, to commit, and the page made of them."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any, Final

from erya.errors import UsageError
from erya.evaluating.comparison import LOWER_IS_BETTER
from erya.evaluating.retrieval_metrics import RETRIEVAL_METRICS
from erya.evaluating.runs import Run
from erya.models import OFFLINE_MODEL

__all__ = ["file_name_of", "leaderboard", "models_of", "read_summaries", "summary_of"]

_MARKS: Final = re.compile(r"([\\`*_{}\[\]<>()#|!&~])")
_DAMAGED: Final = (AttributeError, LookupError, TypeError, ValueError)
_UNSAFE: Final = re.compile(r"[^\w.-]+")
_KINDS: Final = {
    "retrieval": "Retrieval",
    "retrieval-base": "Retrieval from own documents",
    "retrieval-run": "Retrieval by other systems",
    "answers": "Answers on own documents",
    "benchmark": "Benchmarks",
}
_HEAD: Final = """\
# Results

Made by `erya evaluate leaderboard` from summaries of runs; do not edit. Each figure is
a mean with its 95 % interval; one with ↓ is better when it is lower.
"""
_METRICS: Final = (
    "contains", "numbers_right", "ndcg@10", "mrr@10", "hit@1", "recall@100", "f1",
    "rouge_l", "refusal", "over_refusal", "page_hit", "f2", "recall", "precision",
    "iou", "false_alarm",
)  # fmt: skip


def summary_of(run: Run) -> dict[str, Any]:
    """Return the figures of a run, how it was made, and nothing of what it read.

    No question, no answer, no passage, and no path but the last name of each: a
    summary may be published where the data may not.
    """
    return {
        "run": run.name,
        "kind": run.spec.get("kind", ""),
        "about": run.spec.get("about", ""),
        "command": _command(run.spec),
        "items": len(run.items),
        "finished": run.finished,
        "metrics": {
            name: [round(number, 4) for number in estimate]
            for name, estimate in run.estimates().items()
        },
        "not_judged": {name: each.missing for name, each in run.not_judged().items()},
        "seconds": {name: each._asdict() for name, each in run.stages().items()},
        "tokens": run.tokens(),
        "cost": run.cost(),
        "figures": dict(run.figures),
        **{
            name: run.spec.get(name)
            for name in ("settings", "digest", "seed", "versions", "began")
        },
        "queries": run.spec.get("queries"),
        "judge": (run.spec.get("judge") or {}).get("name"),
        "models": {
            kind: _select_published(model)
            for kind, model in (run.spec.get("models") or {}).items()
        },
    }


def models_of(settings: Mapping[str, Any]) -> list[str]:
    """Return what searches, or `words`, and then what rewords, reranks and answers."""
    keys = ("query_strategy", "rerank_model", "chat_model")
    others = [settings[name] for name in keys if settings.get(name)]
    return [settings.get("embedding_model") or "words", *others]


def file_name_of(summary: Mapping[str, Any]) -> str:
    """Return a file's name that tells a summary from those of other settings."""
    settings = summary.get("settings") or {}
    models: list[Any] = models_of(settings)
    queries = summary.get("queries")
    models += [
        summary.get("judge"),
        f"{queries} of seed {summary.get('seed')}" * bool(queries),
    ]
    parts = [summary["about"], *filter(None, models)]
    return "-".join(_UNSAFE.sub("-", str(part)) for part in parts).strip("-.") + ".json"


def _select_published(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return what tells a model from others, without where it is reached."""
    fields = {key: model[key] for key in ("name", "dimension", "probe") if key in model}
    if "model" in model:
        fields["model"] = PurePath(str(model["model"])).name
    return fields


def read_summaries(folder: Path) -> list[Mapping[str, Any]]:
    """Read all summaries of a folder, in the order of their names.

    Raises:
        UsageError: There is none, or one is damaged.
    """
    summaries: list[Mapping[str, Any]] = []
    for path in sorted(folder.glob("*.json")):
        try:
            summary = json.loads(path.read_text("utf-8"))
            _ = summary["kind"], summary["about"], summary["command"]
            metrics = {
                name: _estimate(each) for name, each in summary["metrics"].items()
            }
            summaries.append(
                {**summary, "items": int(summary["items"]), "metrics": metrics}
            )
        except (OSError, *_DAMAGED) as error:
            msg = f"{path} is no summary of a run: {error}."
            raise UsageError(msg) from None
    if not summaries:
        msg = f"{folder} has no summaries. Write some: erya evaluate summary RUN --out"
        raise UsageError(msg)
    return summaries


def _estimate(numbers: Sequence[float]) -> list[float]:
    """Return a mean and its interval.

    Raises:
        ValueError: It is none.
    """
    mean, low, high = map(float, numbers)
    return [mean, low, high]


def leaderboard(summaries: Sequence[Mapping[str, Any]]) -> str:
    """Return a page in Markdown with a table for each kind of measurement.

    Each figure has its 95 % interval, its model and the command that repeats it.
    """
    parts = [_HEAD]
    for kind, title in _KINDS.items():
        rows = [each for each in summaries if each["kind"] == kind]
        if rows:
            parts.append(f"## {title}\n")
            parts += [_section(row) for row in rows]
    return "\n".join(parts)


def _section(row: Mapping[str, Any]) -> str:
    metrics = row["metrics"]
    names = [name for name in _METRICS if name in metrics] or list(metrics)
    settings = row.get("settings") or {}
    models = models_of(settings)
    models += [f"judged by {row['judge']}"] if row.get("judge") else []
    version = (row.get("versions") or {}).get("erya", "")
    state = "" if row.get("finished", True) else " (not finished)"
    items = row["items"]
    details = [f"{items:,} items{state}", " + ".join(models), f"erya {version}"]
    details += _describe_cost(row)
    lines = [
        f"### {_plain(row['about'])}\n",
        _plain(" · ".join([*details, str(row.get("began"))[:10]])) + "\n",
        "| metric | mean | 95 % interval |",
        "|---|---|---|",
    ]
    for name in names:
        mean, low, high = metrics[name]
        arrow = " ↓" if name in LOWER_IS_BETTER else ""
        lines.append(
            f"| {_plain(name)}{arrow} | {mean:.4f} | {low:.4f} to {high:.4f} |"
        )
    return "\n".join(lines) + f"\n\n{_as_code(row['command'])}\n"


def _plain(value: object) -> str:
    """Write what a summary says as text: it may come from anybody."""
    return _MARKS.sub(r"\\\1", " ".join(str(value).split()))


def _as_code(value: object) -> str:
    text = " ".join(str(value).split())
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    inner = f" {text} " if len(fence) > 1 else text
    return f"{fence}{inner}{fence}"


def _describe_cost(row: Mapping[str, Any]) -> list[str]:
    """Return the time of a question, its tokens, and what all of them cost."""
    total = (row.get("seconds") or {}).get("total")
    tokens = sum((row.get("tokens") or {}).values())
    details = [f"{_time(total['p50'])} an item (median)"] if total else []
    details += [f"{tokens:,} tokens"] if tokens else []
    cost = row.get("cost", 0.0)
    if cost is None:
        return [*details, "cost not known"]
    return [*details, f"cost {cost:.4f}" if cost else "no model was paid"]


def _time(seconds: float) -> str:
    return f"{seconds:,.3g} s" if seconds >= 1 else f"{1e3 * seconds:.2g} ms"


def _command(spec: Mapping[str, Any]) -> str:
    """Return what to type, with `DATA` for the folder of the data."""
    kind = spec.get("kind")
    data = spec.get("data", "")
    names = [
        PurePath(path).name for path in ([data] if isinstance(data, str) else data)
    ]
    if kind == "retrieval-run":
        words = ["retrieval", f"--run {names[0]}", f"--qrels {names[1]}"]
    elif kind == "retrieval-base":
        words = ["retrieval", names[0], f"--kb {spec['base']['kb']}"]
    elif kind == "benchmark":
        words = ["benchmark", str(spec["benchmark"]), f"--data DATA/{names[0]}"]
        words += (
            [f"--docs DATA/documents/{PurePath(spec['docs']).name}"]
            if spec["docs"]
            else []
        )
    elif kind == "answers":
        words = ["answers", (spec.get("base") or {}).get("kb") or "KB", names[0]]
    else:
        words = [str(kind), f"DATA/{names[0]}"]
    if spec.get("queries"):
        words.append(f"--queries {spec['queries']} --seed {spec.get('seed', 0)}")
    elif spec.get("seed"):
        words.append(f"--seed {spec['seed']}")
    settings = spec.get("settings") or {}
    words += _flags(settings, kind=kind)
    if spec.get("judge") and kind == "answers":
        words.append(f"--judge {spec['judge']['name']}")
        words += ["--guidelines GUIDELINES"] if spec.get("guidelines") else []
    words += ["--split " + spec["split"]] if spec.get("split") else []
    if "metrics" in spec and tuple(spec["metrics"]) != RETRIEVAL_METRICS:
        words.append(f"--metrics {','.join(spec['metrics'])}")
    # What no flag says, the environment does.
    before = [
        f"ERYA_{name.upper()}={settings[name]}"
        for name, usual in (("passages", 8), ("chunk_tokens", 256))
        if settings.get(name, usual) != usual
    ]
    return " ".join([*before, "erya evaluate", *words])


def _flags(settings: Mapping[str, Any], *, kind: object) -> list[str]:
    """Return the flags that choose models and how they are used."""
    words = []
    if settings.get("chat_model"):
        words.append(f"--model {settings['chat_model']}")
    for flag, name in (("--strategy", "query_strategy"), ("--rerank", "rerank_model")):
        if settings.get(name):
            words.append(f"{flag} {shlex.quote(settings[name])}")
    model = settings.get("embedding_model", OFFLINE_MODEL)
    if model != OFFLINE_MODEL and kind in {"benchmark", "retrieval"}:
        words.append(f"--embedding-model {shlex.quote(model)}")
    return words
