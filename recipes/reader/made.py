"""Made tables and records: which cell or field answers."""

import random
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

COUNT = 700
NAMES = ("Ada Brandt", "Liu Ming", "Omar Said", "Jane Cole", "Petra Novak", "Sam Hill")
PLACES = ("Rotterdam", "Building C", "Lyon", "warehouse 4", "Osaka", "room 2.17")
STATES = ("open", "closed", "approved", "on hold", "deprecated")
DEFAULTS = ("true", "false", "30 s", "none", "utf-8", "8080")
MONTHS = ("March", "May", "June", "August", "October")
NAMES_ZH = ("王立新", "陈晓", "李文博", "赵敏", "孙涛")
PLACES_ZH = ("三号楼", "北京", "南门仓库", "二楼会议室", "成都")
FAULTS_ZH = ("电池电量不足", "传感器断线", "压缩机过热", "网络超时")


class Column(NamedTuple):
    """A column, what stands in it, how it is asked for, and in the other language."""

    name: str
    value: Callable[[random.Random], str]
    questions: tuple[str, ...]
    other: str


ENGLISH = (
    Column("price", lambda r: f"${r.randint(3, 900)}.{r.randint(0, 99):02d}", ("What does {} cost?", "How much is {}?", "What is the price of {}?"), "价格"),
    Column("weight", lambda r: f"{r.randint(1, 90)}.{r.randint(0, 9)} kg", ("How heavy is {}?", "What is the weight of {}?"), "重量"),
    Column("owner", lambda r: r.choice(NAMES), ("Who owns {}?", "Who is responsible for {}?"), "负责人"),
    Column("deadline", lambda r: f"{r.randint(1, 28)} {r.choice(MONTHS)} 20{r.randint(20, 29)}", ("When is {} due?", "By when must {} be finished?"), "截止日期"),
    Column("location", lambda r: r.choice(PLACES), ("Where is {}?", "Where do I find {}?"), "位置"),
    Column("limit", lambda r: f"{r.randint(2, 500)} requests", ("What is the limit of {}?", "How many requests does {} allow?"), "上限"),
    Column("status", lambda r: r.choice(STATES), ("What is the status of {}?", "Is {} still open?"), "状态"),
    Column("default", lambda r: r.choice(DEFAULTS), ("What is {} by default?", "Which default does {} have?"), "默认值"),
)  # fmt: skip
CHINESE = (
    Column("价格", lambda r: f"{r.randint(5, 9000)} 元", ("{}多少钱？", "{}的价格是多少？"), "price"),
    Column("负责人", lambda r: r.choice(NAMES_ZH), ("{}由谁负责？", "谁管{}？"), "person in charge"),
    Column("日期", lambda r: f"20{r.randint(10, 29)}年{r.randint(1, 12)}月{r.randint(1, 28)}日", ("{}是什么时候？", "{}定在哪天？"), "date"),
    Column("地点", lambda r: r.choice(PLACES_ZH), ("{}在哪里？", "{}放在什么地方？"), "place"),
    Column("上限", lambda r: f"{r.randint(1, 60)} 次", ("{}最多几次？", "{}的上限是多少？"), "limit"),
    Column("重量", lambda r: f"{r.randint(1, 99)} 公斤", ("{}有多重？", "{}重多少？"), "weight"),
    Column("说明", lambda r: r.choice(FAULTS_ZH), ("{}是什么意思？", "显示{}是怎么回事？"), "meaning"),
)  # fmt: skip


def made_examples(
    others: Sequence[dict[str, Any]], *, rng: random.Random
) -> list[dict[str, Any]]:
    """Return tables and records about the titles of other examples, and about codes."""
    titles = {
        language: sorted({row["pos"]["title"] for row in others if row["pos"] and row["set"] in sets and len(row["pos"]["title"]) < longest})
        for language, sets, longest in (("en", ("squad",), 99), ("zh", ("cmrc", "drcd"), 9))
    }  # fmt: skip
    return [_example(titles, rng) for _ in range(COUNT)]


def _example(titles: dict[str, list[str]], rng: random.Random) -> dict[str, Any]:
    language = rng.choice(("en", "zh"))
    columns = rng.sample(ENGLISH if language == "en" else CHINESE, rng.randint(2, 4))
    subjects = [
        _code(rng) if rng.random() < 0.4 else title
        for title in rng.sample(titles[language], rng.randint(3, 7))
    ]
    cells = [[column.value(rng) for column in columns] for _ in subjects]
    row, at = rng.randrange(len(subjects)), rng.randrange(len(columns))
    question = rng.choice(columns[at].questions).format(subjects[row])
    if rng.random() < 0.12:  # in the other language
        other = columns[at].other
        question = (
            f"{subjects[row]}的{other}是什么？"
            if language == "en"
            else f"What is the {other} of {subjects[row]}?"
        )
    first = "name" if language == "en" else "名称"
    names = [column.name for column in columns]
    write = _table if rng.random() < 0.6 else _records
    text, start = write(first, names, subjects, cells, wanted=(row, at))
    others = [title for title in titles[language] if title not in subjects]
    return {
        "set": "made", "fold": "made", "q": question,
        "pos": {"title": "", "text": text, "start": start, "end": start + len(cells[row][at])},
        "negs": [{"title": "", "text": text.replace(subjects[row], rng.choice(others))}],
    }  # fmt: skip


def _table(
    first: str,
    names: list[str],
    subjects: list[str],
    cells: list[list[str]],
    *,
    wanted: tuple[int, int],
) -> tuple[str, int]:
    text = f"| {' | '.join([first, *names])} |\n| {' | '.join(['---'] * (len(names) + 1))} |"
    start = 0
    for i, subject in enumerate(subjects):
        text += f"\n| {subject}"
        for j, cell in enumerate(cells[i]):
            start = len(text) + 3 if (i, j) == wanted else start
            text += f" | {cell}"
        text += " |"
    return text, start


def _records(
    first: str,
    names: list[str],
    subjects: list[str],
    cells: list[list[str]],
    *,
    wanted: tuple[int, int],
) -> tuple[str, int]:
    text, start = "", 0
    for i, subject in enumerate(subjects):
        text += ("\n\n" if i else "") + f"{first}: {subject}"
        for j, cell in enumerate(cells[i]):
            text += f"\n{names[j]}: "
            start = len(text) if (i, j) == wanted else start
            text += cell
    return text, start


def _code(rng: random.Random) -> str:
    return (
        rng.choice(("HX", "CB", "E", "GW", "SKU", "RL", "T"))
        + rng.choice(("-", ""))
        + str(rng.randint(10, 9999))
    )


NAME = re.compile(
    r"(?<!^)(?<![.?!] )\b[A-Z][a-z]+(?: (?:of |the |de |von )?[A-Z][a-z]+)*"
)
NUMBER = re.compile(r"(?<![\w.])\d{1,4}(?![\w.])")


def altered_examples(
    others: Sequence[dict[str, Any]], *, rng: random.Random, share: float = 0.35
) -> list[dict[str, Any]]:
    """Return questions that ask their passage for something else than it speaks of.

    A name, a number or the title in the question is exchanged for one of another
    question of the set, which the passage does not have.
    """
    answered = [row for row in others if row["pos"]]
    names: dict[str, list[str]] = {}
    for row in answered:
        names.setdefault(row["set"], []).extend(_named(row))
    found = []
    for row in answered:
        named = _named(row)
        if not named or rng.random() > share:
            continue
        passage = f"{row['pos']['title']} {row['pos']['text']}"
        taken = rng.choice(named)
        rivals = [n for n in rng.choices(names[row["set"]], k=8) if n not in passage]
        if taken.isdigit():
            rivals = [n for n in rivals if n.isdigit() and len(n) == len(taken)] or [
                n
                for n in (str(int(taken) + d) for d in (1, -1, 3, 10))
                if n not in passage
            ]
        else:
            rivals = [n for n in rivals if not n.isdigit()]
        if rivals:
            asked = row["q"].replace(taken, rivals[0])
            given = {key: row["pos"][key] for key in ("title", "text")}
            found.append(
                {"set": f"{row['set']}, altered", "fold": row["fold"], "q": asked, "pos": None, "negs": [given]}
            )  # fmt: skip
    return found


def _named(row: dict[str, Any]) -> list[str]:
    """Return the names and numbers that a question and its passage share."""
    question, title = row["q"], row["pos"]["title"]
    found = [
        m.group() for pattern in (NAME, NUMBER) for m in pattern.finditer(question)
    ]
    found += [title] if 2 <= len(title) <= 12 and title in question else []
    return [name for name in found if name in row["pos"]["text"] or name == title]
