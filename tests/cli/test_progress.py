"""What stays on a terminal: seen by a terminal's own rules (pyte)."""

import io
from types import SimpleNamespace

import pyte
import pytest

from erya.cli.progress import draft_shown, shown


class Terminal(io.StringIO):
    """A standard error that is a terminal of 60 columns and 10 lines."""

    def isatty(self):
        return True

    def screen(self):
        screen = pyte.HistoryScreen(60, 10)
        stream = pyte.Stream(screen)
        stream.feed("$ erya\r\n" + self.getvalue().replace("\n", "\r\n"))
        return screen

    def lines(self):
        return [line.rstrip() for line in self.screen().display if line.strip()]


@pytest.fixture
def terminal(monkeypatch):
    terminal = Terminal()
    # Not sys.stderr itself, which the test runner sets anew before each test.
    monkeypatch.setattr("erya.cli.progress.sys", SimpleNamespace(stderr=terminal))
    monkeypatch.setattr("erya.cli.progress.interactive", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "10")
    return terminal


def test_a_draft_is_seen_while_it_is_written(terminal):
    with draft_shown(wanted=True) as show:
        assert show
        show("The leave is ")
        show("25 days.")
        seen = terminal.lines()

    assert seen == ["$ erya", "The leave is 25 days."]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short",
        "x" * 59,
        "x" * 60,
        "a line\nand another\n",
        "年假有二十五天。" * 14,
        "one word after another " * 6,
        "far more than the screen can hold " * 60,
    ],
)
def test_of_a_draft_nothing_stays(terminal, text):
    with draft_shown(wanted=True) as show:
        assert show
        for at in range(0, len(text), 7):
            show(text[at : at + 7])

    screen = terminal.screen()
    assert terminal.lines() == ["$ erya"]
    assert not screen.history.top
    assert (screen.cursor.x, screen.cursor.y) == (0, 1)


def test_a_draft_cannot_steer_the_terminal(terminal):
    with draft_shown(wanted=True) as show:
        assert show
        show("\x1b[2J\x1b[Hgone")
        seen = terminal.lines()

    assert seen[0] == "$ erya"


def test_a_bar_tells_how_far_work_is_and_goes(terminal):
    with shown() as show:
        show("Asking", 0, 4)
        show("Asking", 4, 4)
        seen = terminal.lines()

    assert "Asking" in seen[1]
    assert "4/4" in seen[1]
    assert terminal.lines() == ["$ erya"]
    assert not terminal.screen().cursor.hidden


def test_a_bar_may_stay(terminal):
    with shown(stays=True) as show:
        show("Reading", 3, 3)

    assert "3/3" in terminal.lines()[-1]
    assert terminal.screen().cursor.x == 0


def test_the_next_work_takes_the_place_of_the_last(terminal):
    with shown() as show:
        show("Storing", 10_000, 10_000)
        show("Ask", 1, 2)
        seen = terminal.lines()

    assert "Storing" not in "".join(seen)
    assert "Ask" in seen[1]


def test_nothing_is_shown_where_nobody_watches(capsys):
    with shown() as show:
        show("Asking", 1, 2)
    with draft_shown(wanted=True) as draft:
        assert draft is None

    assert capsys.readouterr() == ("", "")


def test_the_time_left_is_that_of_late(terminal, monkeypatch):
    """900 of 1,000 were there already, and each takes 10 seconds: 950 are left."""
    clock = [0.0]
    monkeypatch.setattr(
        "erya.cli.progress.time", SimpleNamespace(monotonic=lambda: clock[0])
    )
    with shown() as show:
        show("Asking", 900, 1_000)
        for done in range(901, 906):
            clock[0] += 10.0
            show("Asking", done, 1_000)
        seen = terminal.lines()[1]

    assert "905/1000" in seen
    assert "0:15:50 left" in seen


def test_a_bar_fits_on_its_line(terminal):
    with shown() as show:
        for done in (0, 500_000, 1_000_000):
            show("Reading", done, 1_000_000)
            assert len(terminal.lines()) == 2


def test_without_a_terminal_a_line_is_written_now_and_then(monkeypatch, capsys):
    clock = iter([0.0, 10.0, 31.0, 40.0, 62.0])
    monkeypatch.setattr("erya.cli.progress.time.monotonic", lambda: next(clock))
    with shown() as show:
        for done in (1, 2, 3, 4):
            show("Reading", done, 9, "1 MB/s")

    assert capsys.readouterr().err == (
        "Reading: 2 of 9 (1 MB/s)\nReading: 4 of 9 (1 MB/s)\n"
    )
