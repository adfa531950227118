"""The page itself, in a browser where there is one."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

from erya.evaluating.report import html_report
from erya.evaluating.runs import Runs, SampleResult, finish, measure_all

HOSTILE = "</script><script>document.title='taken'</script><img src=http://127.0.0.1:9/x onerror=alert(1)>"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """A thousand questions in Chinese with eight long passages each."""
    folder = tmp_path_factory.mktemp("report")

    def measure(number):
        passages = [
            {
                "chunk": "c",
                "source": f"/docs/{number}.md",
                "page": 1,
                "text": "年假" * 300,
                "score": 1.0,
                "cited": not k,
            }
            for k in range(8)
        ]
        return SampleResult(
            id=f"q{number}",
            scores={"contains": float(number % 4 > 0), "over_refusal": 0.0, "answer_in_passages": 1.0, "judged": None},
            detail={
                "question": f"问题 {number} {HOSTILE if number == 0 else ''}", "accepted": ["十五天"],
                "answer": f"年假十五天。{HOSTILE}" * 3, "verdicts": ["supported"], "evidence": passages,
            },
        )  # fmt: skip

    spec = {"kind": "answers", "about": HOSTILE, "seed": 0}
    run = measure_all(
        Runs(folder).begin(spec), [(f"q{n}", n) for n in range(1000)], measure, what=""
    )
    path = folder / "report.html"
    path.write_text(html_report(finish(run, {}), run), "utf-8")
    return path


def test_a_thousand_questions_fit_in_three_megabytes(page_file):
    assert page_file.stat().st_size < 3_000_000
    assert page_file.read_text("utf-8").count("<script") == 2


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_the_page_opens_filters_and_asks_nobody(page_file):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        page = browser.new_page()
        told: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(page_file.as_uri())

        assert page.locator("tr.question").count() == 100
        assert page.locator("#bars svg g").count() == 6
        page.get_by_role(
            "button",
            name="Answered beside the point although the passages hold the answer: 250",
        ).click()
        assert page.get_by_role("status").inner_text() == "250 of 1000 questions"
        page.get_by_label("Filter").fill("问题 0 ")
        page.locator("tr.question").first.click()
        assert HOSTILE in page.locator("tr.detail").inner_text()
        assert "/docs/0.md, p. 1, cited" in page.locator("tr.detail").inner_text()
        assert page.title() == "Erya: what was measured"
        assert page.locator("img").count() == 0
        browser.close()
    assert told == []
    assert asked == [page_file.as_uri()]


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_runs_that_were_paid_for_stand_by_their_cost(tmp_path):
    def paid(name, tokens, prices):
        spec = {
            "kind": "answers",
            "about": name,
            "label": name,
            "seed": 0,
            "prices": prices,
        }

        def measure(number):
            return SampleResult(
                id=f"q{number}", scores={"contains": float(number % 3 > 0)},
                tokens={"input": tokens} if tokens else {}, calls={"asked": bool(tokens)},
                detail={"question": f"Question {number}?"},
            )  # fmt: skip

        things = [(f"q{n}", n) for n in range(10)]
        begun = Runs(tmp_path / name).begin(spec)
        return finish(measure_all(begun, things, measure, what=""), {})

    prices = {"chat": {"input": 2.0, "output": 8.0}}
    runs = {
        "priced": [paid("free", 0, {}), paid("paid", 1_000, prices)],
        "unknown": [paid("free2", 0, {}), paid("dear", 1_000, {})],
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        page = browser.new_page()
        told = {}
        for name, (first, second) in runs.items():
            path = tmp_path / f"{name}.html"
            path.write_text(html_report(second, first), "utf-8")
            page.goto(path.as_uri())
            told[name] = page.locator("#cost").text_content() or ""
        browser.close()
    assert "cost of 1,000 questions" in told["priced"]
    assert "paid: 0.6" in told["priced"]
    assert "2.00 for 1,000 questions" in told["priced"]
    assert "free: 0.6" in told["priced"]
    assert "seconds per question" in told["unknown"]
