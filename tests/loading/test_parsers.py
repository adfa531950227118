import pytest

from erya.errors import DocumentError
from erya.loading import media_type, parse
from erya.loading.encodings import decode
from erya.records import Parsed


def shown(parsed: Parsed) -> list[tuple[str, str]]:
    return [(b.kind, parsed.text[b.start : b.end]) for b in parsed.blocks]


CHINESE = "本制度适用于全体员工，自二〇二四年起施行。年假按工龄计算，满十年者十五天。"
TRADITIONAL = "本辦法適用於台北辦公室全體同仁，請假須於三日前提出申請，並經主管核准。"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "utf-8"),
        (CHINESE, "utf-8-sig"),
        (CHINESE, "gb18030"),
        ("年假有几天？", "gb18030"),
        (CHINESE, "utf-16"),
        (CHINESE, "utf-16-le"),
        (CHINESE, "utf-16-be"),
        (CHINESE, "utf-32"),
        (TRADITIONAL, "big5"),
        (TRADITIONAL, "gb18030"),
        (TRADITIONAL, "utf-16-le"),
        ("Café naïve: the résumé of Zoë costs £5 — “really”.", "cp1252"),
        ("The “smart” quote costs €50 – naïve café", "cp1252"),
        ("José_García@empresa.es", "cp1252"),
        ("L’été à Nîmes.", "cp1252"),
        ("Zoë;Renée;François;Hélène", "cp1252"),
        ("A claim over £500 needs a director. Meals à la carte: £20. " * 9, "cp1252"),
        ("Do 100 °C ± 5 °C", "cp1252"),
        ("Każdy pracownik ma prawo do urlopu; wniosek złoży u przełożonego.", "cp1250"),
        ("Každý zaměstnanec má nárok na dovolenou u nadřízeného.", "cp1250"),
        (
            "年次有給休暇は入社後六か月で十日付与されます。申請は三日前です。",
            "shift_jis",
        ),
        ("Łódź office, pan Dvořák, Jiří Novotný", "cp1250"),
        ("Şeful secţiei a hotărât că programul se schimbă.", "cp1250"),
        ("The テスト is here", "shift_jis"),
        ("Revenue (£m) and £k, à la carte", "cp1252"),
        ("Plain ASCII text.", "ascii"),
        ("A plain English text that somebody saved as Unicode.", "utf-16-le"),
    ],
)
def test_text_in_any_common_encoding_is_read(text, encoding):
    assert parse(text.encode(encoding), "a.txt").text == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("编号,名称,单价\n1,螺栓,3.50\n2,螺母,0.20\n", "gbk"),
        ("产品,规格,库存\n钢管,DN50,97\n法兰,DN80,40\n", "gbk"),
        ("惯例", "gbk"),
        ("通知", "gbk"),
        ("Price: 50元", "gbk"),
        ("運費: 50", "gbk"),
        ("負責人：陳小姐", "big5"),
        ("繳費期限", "big5"),
        ("法規和國家標準: 50", "big5"),
        ("嘅咁啲嘢 41 喺度", "big5hkscs"),
        ("회의실은 41호실", "cp949"),
    ],
)
def test_a_few_words_are_read_in_their_encoding(text, encoding):
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("text", ["50 ҳа, Қ", "Franc̦ais 5", "Ngư 3"])
def test_rare_letters_of_utf8_are_not_read_as_chinese(text):
    assert decode(text.encode()) == text


def test_what_no_reader_can_see_is_dropped_from_text():
    long = "A line of ordinary prose that goes on for a while."
    data = f"{long}\r\na\x00b\x1b[31mred\rlast\ufeff".encode()

    assert parse(data, "a.txt").text == f"{long}\nabred\nlast"


def test_plain_text_is_kept_and_its_headings_are_found():
    text = "考勤制度\n\n第一章 总则\n\n员工应当准时上班。\n\n1. 打卡\n每天两次。\n第二行。\n"
    parsed = parse(text.encode(), "a.txt")

    assert parsed.text == text
    assert parsed.title == "考勤制度"
    assert shown(parsed) == [
        ("heading", "考勤制度"),
        ("heading", "第一章 总则"),
        ("paragraph", "员工应当准时上班。"),
        ("heading", "1. 打卡"),
        ("paragraph", "每天两次。\n第二行。"),
    ]


def test_a_numbered_list_is_no_row_of_headings():
    parsed = parse(b"Steps\n\n1. Open it\n2. Close it\n3. Leave\n", "a.txt")

    assert shown(parsed)[1] == ("list", "1. Open it\n2. Close it\n3. Leave")


def test_markdown_loses_its_marks_and_keeps_its_structure():
    source = (
        "---\ntitle: 'Front'\n---\n# One **bold**\n\nA [link](http://x.example) and `code`\n"
        "on two lines.\n\n## Two\n\n- item *a*\n  - inner\n- item b\n\n1. first\n2. second\n\n"
        "| City | Limit |\n|---|---|\n| Taipei | 4,200 |\n| | 5 |\n\n```\nx = 1\n```\n"
        "<p>raw <b>html</b></p>\n"
    )
    parsed = parse(source.encode(), "a.md")

    assert parsed.title == "Front"
    assert shown(parsed) == [
        ("heading", "One bold"),
        ("paragraph", "A link and code on two lines."),
        ("heading", "Two"),
        ("list", "- item a\n  - inner\n- item b"),
        ("list", "1. first\n2. second"),
        ("table", "| City | Limit |\n| --- | --- |\n| Taipei | 4,200 |\n|  | 5 |"),
        ("code", "x = 1"),
        ("paragraph", "raw html"),
    ]


def test_wrapped_chinese_markdown_is_joined_without_a_blank():
    assert parse("第一行\n第二行\n".encode(), "a.md").text == "第一行第二行"


def test_html_gives_what_a_browser_shows():
    source = """<!DOCTYPE html><html><head><title>The &amp; title</title>
    <style>p{}</style><script>evil()</script></head><body><nav>Menu</nav>
    <h1>One</h1><p>Some <b>bold</b>
       text<br>next line</p><div>loose <span>words</span></div>
    <ul><li>a<ul><li>inner</li></ul></li><li>b</li></ul><ol><li>x</li><li>y</li></ol>
    <table><caption>Cap</caption><tr><th>City</th><th>Limit</th></tr>
    <tr><td>Taipei</td><td>4&nbsp;200</td></tr></table>
    <pre>  keep
    this</pre><p hidden>no</p><p style="display: none">no</p><p aria-hidden="true">no</p>
    </body></html>"""
    parsed = parse(source.encode(), "a.html")

    assert parsed.title == "The & title"
    assert shown(parsed) == [
        ("heading", "One"),
        ("paragraph", "Some bold text\nnext line"),
        ("paragraph", "loose words"),
        ("list", "- a\n  - inner\n- b"),
        ("list", "1. x\n2. y"),
        ("paragraph", "Cap"),
        ("table", "| City | Limit |\n| --- | --- |\n| Taipei | 4 200 |"),
        ("code", "  keep\n    this"),
    ]


def test_controls_are_of_no_western_text():
    text = "Привет, мир. Это текст о компании."

    assert decode(text.encode("utf-16-le")) == text


@pytest.mark.parametrize(
    "marks",
    ["HIDDEN", 'STYLE="DISPLAY : None"', "style='display:/* it */none'",
     "style='margin:0;font-size:0px'", "style='opacity: 0'", "Aria-Hidden=TRUE",
     "style='opacity:.0'", "style='font:0/0 a'", "style='visibility:collapse'",
     r"style='d\69splay:none'", "style='opacity:-1'", "style='font-size:00.0em'",
     "style=\"background:url('a/*b');display:none;/*x*/\""],
)  # fmt: skip
def test_html_that_is_hidden_is_left_out_however_it_is_written(marks):
    page = f"<p>shown</p><p {marks}>no<b>ne</b></p><p style='font-size:0.9em'>small</p>"

    assert parse(page.encode(), "a.html").text == "shown\n\nsmall"


@pytest.mark.parametrize(
    "style",
    ["backface-visibility:hidden", "fill-opacity:0", "--bg-opacity: 0", "font: inherit",
     "font-size:large", "opacity:0.5", "overflow:hidden", "font:12px/0 a"],
)  # fmt: skip
def test_html_that_is_seen_is_read(style):
    assert parse(f"<p style='{style}'>seen</p>".encode(), "a.html").text == "seen"


def test_a_page_that_a_script_shows_is_read():
    page = b"<html hidden><body style='display:none'><p>seen</p>"

    assert parse(page, "a.html").text == "seen"


def test_html_may_declare_its_encoding():
    page = "<html><head><meta charset='big5'></head><p>年度預算</p></html>"

    assert parse(page.encode("big5"), "a.html").text == "年度預算"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("koi8-r", "Скидка 41"),
        ("iso-8859-7", "Η έκπτωση 41"),
        ("windows-1255", "ההנחה 41"),
        ("iso-8859-9", "Işıl Şirket 41"),
        ("iso-8859-2", "ścieżka 41"),
        ("iso-2022-jp", "会議は41号室"),
        ("hz-gb-2312", "会议室是41号"),
    ],
)
@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("a.html", "<html><meta charset={}><p>{}</p>"),
        ("a.html", "<?xml version='1.0' encoding='{}'?><html><p>{}</p></html>"),
        ("a.eml", "Subject: 41\nContent-Type: text/plain; charset={}\n\n{}"),
    ],
)
def test_a_declared_encoding_is_used(encoding, text, name, page):
    data = page.format(encoding, text).encode(encoding)

    assert parse(data, name).text.removeprefix("41\n\n") == text


def test_chinese_that_is_declared_western_is_read():
    page = "<html><meta charset=iso-8859-1><p>会议在三楼召开，请准时参加。</p>"

    assert parse(page.encode("gbk"), "a.html").text == "会议在三楼召开，请准时参加。"


def test_chinese_that_is_declared_utf_16_is_read():
    page = "<html><meta charset=utf-16><p>会议在三楼召开，请准时参加。</p>"

    assert parse(page.encode("gbk"), "a.html").text == "会议在三楼召开，请准时参加。"


def test_xml_may_have_more_signs_than_it_declares():
    page = "<?xml version='1.0' encoding='gb2312'?><r><name>朱镕</name></r>"

    assert parse(page.encode("gbk"), "a.xml").text == "name: 朱镕"


def test_html_nested_without_end_is_read():
    deep = b"<html>" + b"<div>" * 20_000 + b"<p>found</p>"

    assert "found" in parse(deep, "a.html").text


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("question,answer\n年假有几天？,十五天。\nWho?,Anna.\n", "faq.csv"),
        ("问题\t答案\n年假有几天？\t十五天。\nWho?\tAnna.\n", "faq.tsv"),
        (
            (
                '{"question": "年假有几天？", "answer": "十五天。"}\n\n'
                '{"question": "Who?", "answer": "Anna."}\n'
            ),
            "faq.jsonl",
        ),
        ("Q: 年假有几天？\nA: 十五天。\n\nQ: Who?\n\nA: Anna.\n", "faq.md"),
        ("## 年假有几天？\n\n十五天。\n\n## Who?\n\nAnna.\n", "faq.md"),
    ],
)
def test_questions_and_answers_become_headings_and_paragraphs(data, name):
    assert shown(parse(data.encode(), name)) == [
        ("heading", "年假有几天？"),
        ("paragraph", "十五天。"),
        ("heading", "Who?"),
        ("paragraph", "Anna."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Q3: revenue rose by 12 %.",
        "A. Smith approves travel.",
        "Answer: none.",
        "Q: Who pays?",
        "Q1: one? A2: two.",
    ],
)
def test_a_mark_without_its_counterpart_is_text(text):
    parsed = parse(f"# Title\n\n{text}\n\nMore.\n".encode(), "a.md")

    assert shown(parsed) == [
        ("heading", "Title"), ("paragraph", text), ("paragraph", "More."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            "年假制度".encode() * 40 + b"\xff" + "很长".encode(),
            "年假制度" * 40 + "\ufffd很长",
        ),
        ("年假制度".encode() * 40 + "很".encode()[:2], "年假制度" * 40 + "\ufffd"),
    ],
)
def test_a_bad_byte_costs_one_character(data, expected):
    assert parse(data, "a.txt").text == expected


def test_comments_before_a_page_cost_no_time():
    source = "<!-- c -->\n" * 200 + "# Heading\n\nText.\n"

    assert media_type(source.encode(), "a.md") == "text/markdown"
    assert media_type(b"<?xml version='1.0'?><!-- c --> <html>", "a") == "text/html"


def test_a_rule_at_the_top_is_no_front_matter():
    assert "Intro" in parse(b"---\n\nIntro text.\n\n---\n\nMore.\n", "a.md").text


def test_parts_of_a_cell_stand_apart():
    page = b"<table><tr><td><div>Price</div>100</td><td><h3>A</h3><ul><li>b</li><li>c</li></ul></td></tr></table>"

    assert parse(page, "a.html").text == "Price 100 | A b c"


def test_a_line_that_tells_excel_the_separator_is_no_row():
    parsed = parse(b"sep=;\r\nModel;Price\nHX-210;120\n", "prices.csv")

    assert parsed.text.splitlines()[0] == "| Model | Price |"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            'id,name,note\n1,"Bolt \\"hex\\" big",x\n2,Nut,y\n',
            ["| id | name | note |", '| 1 | Bolt "hex" big | x |', "| 2 | Nut | y |"],
        ),
        (
            'id,path\n1,"C:\\a\\"\n2,"D:\\"\n',
            ["| id | path |", "| 1 | C:\\a\\ |", "| 2 | D:\\ |"],
        ),
        (
            'id\tname\n1\t"Bolt\n2\tNut\n',
            ["| id | name |", '| 1 | "Bolt |', "| 2 | Nut |"],
        ),
        (
            'id,name,n\n1,"Bolt 5 inch,x\n2,Nut,y\n3,Screw,z\n',
            [
                "| id | name | n |",
                '| 1 | "Bolt 5 inch | x |',
                "| 2 | Nut | y |",
                "| 3 | Screw | z |",
            ],
        ),
        ('a,b\n1,"x\ny"\n2,z\n', ["| a | b |", "| 1 | x y |", "| 2 | z |"]),
        (
            "某公司费用表,,,\n制表人：王五,,单位：万元,\n部门,一季,二季,合计\n甲,1,2,3\n乙,1,2,3\n",
            [
                "某公司费用表",
                "制表人：王五 | 单位：万元",
                "| 部门 | 一季 | 二季 | 合计 |",
                "| 甲 | 1 | 2 | 3 |",
                "| 乙 | 1 | 2 | 3 |",
            ],
        ),
        (
            "# from ERP\n# by Ann\nid,name,n\n1,Bolt,3\n",
            ["# from ERP", "# by Ann", "| id | name | n |", "| 1 | Bolt | 3 |"],
        ),
        (
            "id,name\n1,Bolt\n\ncity,zip\nGraz,8020\n",
            ["| id | name |", "| 1 | Bolt |", "| city | zip |", "| Graz | 8020 |"],
        ),
        ("A,B\n\na,1\n\nb,2\n", ["| A | B |", "| a | 1 |", "| b | 2 |"]),
        (
            "1,Bolt,3.50\n2,Nut,0.20\n",
            ["|  |  |  |", "| 1 | Bolt | 3.50 |", "| 2 | Nut | 0.20 |"],
        ),
        ("项目,2023,2024\n甲,5,6\n", ["| 项目 | 2023 | 2024 |", "| 甲 | 5 | 6 |"]),
        ("who,1,2\nAnn,5,6\n", ["| who | 1 | 2 |", "| Ann | 5 | 6 |"]),
    ],
)
def test_rows_of_a_table_are_neither_joined_nor_lost(text, lines):
    found = [line for line in parse(text.encode(), "a.csv").text.splitlines() if line]

    assert [line for line in found if "---" not in line] == lines


def test_marks_that_close_no_cell_are_told():
    data = b'id\tname\n1\t"Bolt\n2\tNut\n'

    assert [n.code for n in parse(data, "a.tsv").notices] == ["quotation_marks"]


def test_another_table_names_each_cell():
    parsed = parse("型号;价格\nHX-210;120 元\n".encode(), "prices.csv")

    assert shown(parsed) == [
        ("table", "| 型号 | 价格 |\n| --- | --- |\n| HX-210 | 120 元 |")
    ]
    assert parsed.title == "prices"


def test_other_json_lines_become_lines():
    parsed = parse(b'{"a": 1, "b": ["x", "y"]}\n', "a.jsonl")

    assert parsed.text == "a: 1\nb: x\ny"


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.txt", "empty_file"),
        (b" \n ", "a.txt", "empty"),
        (b"<html><script>x</script></html>", "a.html", "empty"),
        (b"{\\rtf1 ...", "a.md", "needs_program"),
        (b"PK\x03\x04....", "a.txt", "damaged"),
        (bytes(range(256)) * 9, "a.txt", "unsupported_type"),
        (b"x", "a.docx", "type_mismatch"),
        (b"{}", "a.json", "empty"),
        (b"{", "a.json", "malformed"),
        (b"[" * 90_000, "a.json", "too_deep"),
        (b"not json\n", "a.jsonl", "malformed"),
        (b"[1]\n", "a.jsonl", "malformed"),
        (b'"a,b\nc,"d', "a.csv", None),
    ],
)
def test_what_cannot_be_read_is_a_typed_error(data, name, code):
    if code is None:
        assert parse(data, name).text  # an open quotation mark is odd, but readable
        return
    with pytest.raises(DocumentError) as caught:
        parse(data, name)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"<!doctype html><p>x", "a.txt", "text/html"),
        (b"\xef\xbb\xbf<html>", "a", "text/html"),
        ("<html>".encode("utf-16"), "a.bin", "text/html"),
        (b"# x", "a.MD", "text/markdown"),
        (b"x", "noname", "text/plain"),
        (b"%PDF-1.4", "a.txt", "application/pdf"),
        (b"\r\n\r\n%PDF-2.0\n\n%%EOF", "a.pdf", "application/pdf"),
        (b"\x00\x01%PDF-2.0 \xff", "a.txt", "application/pdf"),
        (b"", "a.txt", "application/x-empty"),
        (b"\x00\x01\x02\x03" * 50, "a.txt", "application/octet-stream"),
    ],
)
def test_bytes_are_known_by_looking_at_them(data, name, kind):
    assert media_type(data, name) == kind


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.csv"])
def test_blocks_are_in_order_apart_and_not_empty(name):
    source = (
        "# A\n\ntext, more\n\n- x\n- y\n\n<p>b</p>\n\nQ: who?\nA: me\n\n| a | b |\n" * 9
    )
    parsed = parse(source.encode(), name)

    end = 0
    for block in parsed.blocks:
        assert block.start >= end
        assert parsed.text[block.start : block.end].strip()
        end = block.end


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ('<p>a<div class="x"">b</div><p id="k">c<div class="y"">d</div>', "a\n\nb\n\nc\n\nd"),
        ('<p>a<div class="x" "="">b</div>', "a\n\nb"),
        ("<p a<b=1>a</p><p =>b", "a\n\nb"),
        ('<p>a<xmp><p class="x">b</p> <!--</xmp><p>c', 'a\n\n<p class="x">b</p> <!--\n\nc'),
    ],
)  # fmt: skip
def test_html_with_slips_in_its_tags_loses_nothing(page, text):
    assert parse(page.encode(), "a.html").text == text


def test_preformatted_text_inside_of_such_keeps_its_parts_apart():
    parsed = parse(b"<pre>a\n <pre>b</pre>c</pre>d", "a.html")

    assert [parsed.text[b.start : b.end] for b in parsed.blocks] == ["a", "b", "c", "d"]
    assert [b.kind for b in parsed.blocks] == ["code", "code", "code", "paragraph"]


def test_lists_without_end_are_indented_to_a_depth():
    parsed = parse(b"<ul><li>a" * 3_000, "a.html")

    assert max(len(line) for line in parsed.text.splitlines()) == 2 * 19 + len("- a")


def test_a_wide_table_is_read_in_one_pass_over_its_cells():
    rows = [[f"{row}-{at}" for at in range(3_000)] for row in range(3)]
    page = "".join("<tr>" + "".join(f"<td>{c}" for c in row) for row in rows)

    parsed = parse(f"<table>{page}</table>".encode(), "a.html")

    assert parsed.text.splitlines()[2] == "| " + " | ".join(rows[0]) + " |"


def test_a_cell_over_several_rows_stands_in_each():
    page = (
        "<table><tr><th>Country<th>City<th>EUR<tr><td rowspan=2>Germany<td>Berlin<td>145"
        "<tr><td>Munich<td>160<tr><td>Italy<td>Rome<td rowspan=9>150</table><p>End."
    )

    lines = parse(page.encode(), "a.html").text.splitlines()

    assert lines[2:5] == [
        "| Germany | Berlin | 145 |",
        "| Germany | Munich | 160 |",
        "| Italy | Rome | 150 |",
    ]


@pytest.mark.parametrize(
    ("name", "page"),
    [("a.html", "<p>Price: <s>10</s> <b>12</b>"), ("a.md", "Price: ~~10~~ **12**")],
)
def test_what_is_struck_out_is_marked_so(name, page):
    assert parse(page.encode(), name).text == "Price: ~~10~~ 12"


def test_a_picture_of_a_telephone_is_named_by_its_kind():
    with pytest.raises(DocumentError, match="a HEIC picture") as raised:
        parse(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40), "IMG_1.HEIC")
    assert raised.value.code == "unsupported_type"


def test_a_definition_stands_with_its_term():
    page = (
        "<dl><dt>HTML<dt>HTM<dd>A <b>language</b><dd>for pages</dd>"
        "<dt>年假</dt><dd><p>带薪休息</p></dd><dt>Why?</dt><dd>So.</dd><dt>Last</dl>After"
    )

    assert parse(page.encode(), "a.html").text == (
        "HTML, HTM: A language\n\nfor pages\n\n年假：带薪休息\n\nWhy?\nSo.\n\nLast\n\nAfter"
    )


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("shift_jis", "会議は毎週月曜日の午前十時に始まります。料金は4500円です。"),
        ("euc_jp", "会議は毎週月曜日の午前十時に始まります。料金は4500円です。"),
        ("cp949", "회의는 매주 월요일 오전 열 시에 시작합니다. 요금은 4500원입니다."),
        ("cp1251", "Совещание начинается в десять часов. Стоимость 4500 рублей."),
        ("koi8_r", "Совещание начинается в десять часов. Стоимость 4500 рублей."),
        ("cp874", "การประชุมเริ่มทุกวันจันทร์เวลาสิบโมงเช้า ค่าธรรมเนียม 4500 บาท"),
        ("cp1251", "ОТЧЁТ ЗА КВАРТАЛ. СКИДКА 41 РУБЛЬ."),
        ("cp866", "Совещание начинается в десять часов. Стоимость 4500 рублей."),
        ("iso8859_5", "Совещание начинается в десять часов. Стоимость 4500 рублей."),
        ("cp1253", "Η έκπτωση είναι 41 ευρώ και ο λόγος είναι γνωστός."),
        ("cp1255", "ההנחה היא 41 שקל"),
        ("cp1256", "الخصم هو 41 ريال في الشهر"),
        ("iso8859_2", "Wyświetlić ścieżkę, zniżka 41 złotych."),
        ("iso2022_jp", "会議は41号室で行います。"),
        ("hz", "采购金额超过五万元。"),
        ("gb18030", "会议每周一上午十点开始。费用为4500元。"),
        ("big5", "會議每週一上午十點開始。費用為4500元。"),
    ],
)
def test_other_scripts_are_not_read_as_chinese(encoding, text):
    assert parse(text.encode(encoding), "a.txt").text == text


@pytest.mark.parametrize(
    "written",
    [
        '<p style="color:#fff">The fee is 1 euro.</p>',
        '<p style="color: white !important">The fee is 1 euro.</p>',
        '<div style="background:#fff"><p style="color:#FFFFFF">The fee is 1 euro.</p></div>',
        '<font color="#ffffff">The fee is 1 euro.</font>',
        '<p style="color:transparent">The fee is 1 euro.</p>',
        '<p style="opacity:0">The fee is 1 euro.</p>',
        '<p style="font-size:0">The fee is 1 euro.</p>',
        '<p style="position:absolute;left:-9999px">The fee is 1 euro.</p>',
        "<style>.x{display:none}</style><p class=x>The fee is 1 euro.</p>",
        "<style>p{margin:0} #y, .x { opacity : 0 }</style><p id=y>The fee is 1 euro.</p>",
        "<style>.x{color:#fff}</style><p class=x>The <b class=x>fee</b> is 1 euro.</p>",
        (
            "<style>@media print{p{color:red}}div.x>p{font-size:0}</style>"
            "<div class=x><p>The fee is 1 euro.</p></div>"
        ),
        (
            "<style>@import url(a.css); .x{text-indent:-9999px}</style>"
            "<div class='x y'><p hidden>a</p>The fee is 1 euro.</div>"
        ),
        "<style>@media only screen{.x{display:none}}</style><p class=x>The fee is 1 euro.",
        "<style>p.x{display:none}p{display:block}</style><p class=x>The fee is 1 euro.",
        "<style>.x{display:none}.x{color:red}</style><p class=x>The fee is 1 euro.",
        "<style>.x{color:#fff}.y{background:navy}</style><p class=x>The fee is 1 euro.",
        "<style>.x{color:#fff}.y{background:navy}</style><p class=z style='color:#fff'>The fee is 1 euro.",
        *(
            f'<p style="{style}">The fee is 1 euro.</p>'
            for style in (
                "position:absolute;clip:rect(0,0,0,0)",
                "clip: rect(1px 1px 1px 1px)",
                "clip-path:inset(100%)",
                "transform: scale(0)",
                "height:0;overflow:hidden",
                "max-height:0; overflow-y:hidden",
                "opacity:0.001",
                "filter:opacity(0)",
                "font-size:1px",
                "margin-left:-9999px",
                "color:hsl(0,0%,100%)",
                "color:rgb(255 255 255)",
                "color:#fffF",
                "color:#ffffffff",
                "color:#11223300",
                "color:black;background:#000",
            )
        ),
    ],
)
def test_text_of_a_page_that_no_reader_sees_is_left_out_and_told(written):
    parsed = parse(f"<p>The fee is 40 euros.</p>{written}".encode(), "fees.html")

    assert parsed.text == "The fee is 40 euros."
    assert [notice.code for notice in parsed.notices] == ["hidden_text"]


@pytest.mark.parametrize(
    ("sheet", "written"),
    [
        (
            ".panel{display:none} .active{display:block}",
            "<div class='panel active'>The fee</div>",
        ),
        (
            (".d-none{display:none!important} @media(min-width:768px)"
            "{.d-md-block{display:block!important}}"),
            "<div class='d-none d-md-block'>The fee</div>",
        ),
        (
            ".hidden{display:none} @media(min-width:768px){.md\\:block{display:block}}",
            "<div class='hidden md:block'>The fee</div>",
        ),
        (
            ".tabs>.pane{display:none} .tabs>.active{display:block}",
            "<div class=tabs><p class='pane active'>The fee</div>",
        ),
        (".x{display:none}", "<p class=x style='display:block'>The fee"),
        (".x{opacity:0}", "<p class=x style='opacity:1'>The fee"),
        (".x{visibility:hidden}", "<p class=x style='visibility:visible'>The fee"),
        (".x{height:0;overflow:hidden}", "<p class=x style='height:auto'>The fee"),
        (".x{color:#fff}", "<p class=x style='color:#000'>The fee"),
        (".x{display:none} #y{display:block}", "<p class=x id=y>The fee"),
        (".x{display:none} [data-on]{display:block}", "<p class=x data-on>The fee"),
        (
            ".x{display:none} [data-on='a b']{display:block}",
            "<p class=x data-on='a b'>The fee",
        ),
        (
            ".x{display:none} .wrap :first-child{display:block}",
            "<div class=wrap><p class=x>The fee</div>",
        ),
        (
            ".x{display:none} .wrap>:not(.a, .b){display:block}",
            "<div class=wrap><p class=x>The fee</div>",
        ),
        ("p{color:#fff} .d{color:#000}", "<p class=d>The fee"),
        (":not(.a, .x, .b){display:none}", "<p class=x>The fee"),
        (".x{display:none; .y &{display:block}}", "<div class=y><p class=x>The fee"),
        ("@layer a{.x{display:none}} p{display:block}", "<p class=x>The fee"),
        (
            ".x{display:none}" + ".y{display:block}" * 300 + "#z{display:block}",
            "<p class=x id=z>The fee",
        ),
        (".row{font-size:0} .col{font-size:16px}", "<p class=row><b class=col>The fee"),
        (
            ".wrap{font-size:0} td{font-size:14px}",
            "<table class=wrap><tr><td>The fee</table>",
        ),
        ("", "<p style='font-size:0px'><b style='font-size:13px'>The fee</b> "),
        (
            "td{font-size:13px}",
            "<div style='font:0/0 a'><table><tr><td>The fee</table></div>",
        ),
        (
            "",
            "<p style='visibility:hidden'><b style='visibility:visible'>The fee</b>",
        ),
        ("", "<p style='color:#fff'><b style='color:#000'>The fee</b>"),
        ("", "<p style='color:#fff'><font color=black>The fee</font>"),
        ("", "<p style='color:#fff'><b style='background:navy'>The fee</b>"),
        ("", "<p style='font-size:0'><img alt='The fee' src=a.png>"),
        ("", "<p style='color:#fff;background:url(a.png)'>The fee"),
        ("", "<p style='color:#fff;background:url(\"a.png\") no-repeat'>The fee"),
        ("", "<p style='color:#fff;background-image:url(a.png)'>The fee"),
        ("", "<p style='color:#fff;background-image:linear-gradient(red,tan)'>The fee"),
        (
            ".x{color:#fff} .y{background-image:url(a.png)}",
            "<div class=y><p class=x>The fee</div>",
        ),
        (
            ".x{color:#333;background:#333}",
            "<p class=x style='background:#eee'>The fee",
        ),
        (
            ".a{color:#333;background:#333} .b{background:#eee}",
            "<p class='a b'>The fee",
        ),
        (".x{color:#fff}", "<p class=x style='background:navy'>The fee"),
        (".x{color:#000}", "<font color=white class=x>The fee</font>"),
        (
            ".x{color:#000} p:hover{background:red}",
            "<font color=white class=x>The fee</font>",
        ),
        (".y{background:navy}", "<p class=y style='color:#fff'>The fee"),
        (".o{text-decoration:line-through} .o.n{text-decoration:none}", "<p class='o n'>The fee"),
        (
            "p{text-decoration:none} .o{text-decoration:none} ins{text-decoration:line-through}",
            "<ins style='text-decoration:none'>The fee</ins>",
        ),
        ("", "<p style='display:none;display:block'>The fee"),
    ],
)  # fmt: skip
def test_what_another_rule_shows_is_read(sheet, written):
    parsed = parse(f"<style>{sheet}</style>{written}".encode(), "fees.html")

    assert parsed.text.strip("| -\n") == "The fee"
    assert not parsed.notices


@pytest.mark.parametrize(
    ("sheet", "written"),
    [
        ("p{color:#333;font-size:9pt} .x{color:#fff}", "<p class=x>No"),
        (".x{display:none!important} .y{display:flex}", "<p class='x y'>No"),
        (".x{display:none} .x::before{display:block}", "<p class=x>No"),
        ("div,p,b{font-size:100%} .x{font-size:0}", "<div class=x><p>No</div>"),
        ("", "<div style='font-size:0'>No<p style='font-size:0'>No</div>"),
        ("", "<p style='visibility:hidden'><img alt=No>"),
        ("", "<p style='color:#fff'><b style='font-size:9pt'>No</b>"),
        (".x{color:#fff;background:#fff none}", "<p class=x style='background:#fff'>No"),
    ],
)  # fmt: skip
def test_what_no_rule_shows_is_not_read(sheet, written):
    page = f"<style>{sheet}</style><p>The fee</p>{written}"

    assert parse(page.encode(), "fees.html").text == "The fee"


@pytest.mark.parametrize(
    "frame",
    [
        "<iframe style='display:none' srcdoc='no'></iframe>",
        "<iframe hidden srcdoc='no'></iframe>",
        "<iframe class=h srcdoc='no'></iframe>",
        "<iframe width=0 height=0 srcdoc='no'></iframe>",
        "<div hidden><iframe srcdoc='no'></iframe></div>",
        "<p style='visibility:hidden'><iframe srcdoc='no'></iframe></p>",
        "<iframe srcdoc='<p hidden>no'></iframe>",
        "<iframe srcdoc='<style>.n{display:none}</style><p class=n>no'></iframe>",
        "<iframe srcdoc='<script>f()</script>'></iframe><p class=h>no</p>",
        '<iframe srcdoc="<iframe hidden srcdoc=no></iframe>"></iframe>',
    ],
)
def test_of_hidden_frames_nothing_is_read(frame):
    page = f"<style>.h{{display:none}}</style>{frame}<p class=n>The fee</p>"

    assert parse(page.encode(), "fees.html").text == "The fee"


def test_of_a_page_in_a_frame_the_styles_are_its_own():
    frame = "<style>p{display:none}</style>In <ins style='text-decoration:line-through'>1</ins>"
    page = f'<style>.h{{display:none}}</style><iframe srcdoc="{frame}<b class=h>2"></iframe><p>The fee</p>'

    assert parse(page.encode(), "fees.html").text == "In ~~1~~2\n\nThe fee"


def test_a_sheet_that_a_reader_may_choose_is_not_looked_at():
    page = "<link rel='alternate stylesheet' href=a.css><style title=a>.x{color:#fff}</style><p>The fee<p class=x>No"

    assert parse(page.encode(), "fees.html").text == "The fee"


def test_of_a_hidden_element_what_is_shown_in_it_is_read():
    page = (
        "<div style='font-size:0'>no <p style='font-size:9pt'>The fee <i style='font-size:0'>no</i></p>"
        " no<select><option hidden>no<option selected>one</select></div>"
    )
    parsed = parse(page.encode(), "fees.html")

    assert parsed.text.split() == ["The", "fee", "one"]
    assert [notice.code for notice in parsed.notices] == ["hidden_text"]


@pytest.mark.parametrize(
    "written",
    [
        '<p style="color:#fff;background:navy">It is 40 euros.</p>',
        '<div style="background-color: black"><p style="color:white">It is 40 euros.</p></div>',
        '<table bgcolor="navy"><tr><td><font color="white">It is 40 euros.</font></table>',
        '<div class="dark"><p style="color:#fff">It is 40 euros.</p></div>',
        '<p style="color:#c00">It is 40 euros.</p>',
        '<p style="margin-left:-10px">It is 40 euros.</p>',
        "<style>.x{color:#fff}.y{background:navy}</style><div class=y><p class=x>It is 40 euros.</p></div>",
        "<style>.x{color:#fff}p:first-child{background:navy}</style><p class=x>It is 40 euros.</p>",
        "<link rel=stylesheet href=a.css><style>.x{color:#fff}</style><p class=x>It is 40 euros.</p>",
        "<style>.x{display:none}@media (max-width:9em){.x{display:block}}</style><p class=x>It is 40 euros.",
        "<style>.x{opacity:0;animation:f 1s}</style><p class=x>It is 40 euros.",
        "<style>.1{display:none} ..x{display:none}</style><p class=x>It is 40 euros.",
        "<style>.x{display:none}.on .x{display:block}</style><p class=x>It is 40 euros.",
        "<style>.x::before{content:'} .x{display:none}'}</style><p class=x>It is 40 euros.",
        '<p style="height:0;overflow:hidden;padding-bottom:56%">It is 40 euros.</p>',
        '<p style="height:0;overflow:hidden">It is 40 euros.</p><script>f()</script>',
        '<p style="clip:rect(auto,auto,auto,auto);margin-left:-100px">It is 40 euros.</p>',
        '<p style="transform:scale(0.5);color:rgba(10 10 10 / 50%)">It is 40 euros.</p>',
        "<style>.x{color:#fff}</style><p class=x bgcolor=navy>It is 40 euros.</p>",
        "<style>.x{display:none}.x.on{display:block}</style><p class=x>It is 40 euros.",
        "<style>.x{display:none}</style><p class=x>It is 40 euros.<script>f()</script>",
        "<style>@media print{.x{display:none}}</style><p class=x>It is 40 euros.",
        "<style media=print>.x{display:none}</style><p class=x>It is 40 euros.",
        "<style>body{opacity:0}</style><p>It is 40 euros.",
        "<style>.x:hover{display:none} .x{} } {</style><p class=x>It is 40 euros.",
        "<style>/* .x{display:none} */</style><p class=x>It is 40 euros.",
    ],
)
def test_white_text_on_a_colour_is_read(written):
    assert "It is 40 euros." in parse(written.encode(), "fees.html").text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("10<span style='vertical-align: super'>6</span> ohm", "10⁶ ohm"),
        ("10<font style='VERTICAL-ALIGN:super;color:red'>-3</font>", "10⁻³"),
        ("<style>.u{vertical-align:super}</style>250<i class=u>1</i> 元", "250¹ 元"),
        ("<style>.u{vertical-align:sub}</style>H<b class=u>2</b>O<script>f()</script>", "H₂O"),
        ("35 m<span style='vertical-align:4px;font-size:60%'>3</span>", "35 m³"),
        ("7<span style='position:relative;top:-.3em;font-size:.6em'>2</span>", "7²"),
        ("1<span style='font-size:6.5pt;vertical-align:top'>1</span>", "1¹"),
        ("10<sup><span style='vertical-align:super'>6</span></sup>", "10⁶"),
        ("<style>.u{vertical-align:super}</style>4<i class=u style='vertical-align:baseline'>6</i>", "46"),
        ("7<span style='position:relative;top:-3.0pt;mso-text-raise:3.0pt'>2</span>", "7²"),
        ("7<span style='position:relative;top:-1px'>2</span>", "72"),
        ("7<span style='vertical-align:top'>2</span>", "72"),
        ("<p style='vertical-align:super'>6</p>", "6"),
        ("<span style='text-decoration: line-through red'>500</span> 250", "~~500~~ 250"),
        ("<style>.o{text-decoration:line-through}</style><p class=o>An <b>old</b> fee", "~~An old fee~~"),
        ("<del><p>a <i>b</i></p><p>c<br>d</p></del>", "~~a b~~\n\n~~c~~\n~~d~~"),
        ("<font face=Symbol>m</font>m <span style=\"font-family:'Symbol'\">W</span>", "μm Ω"),
    ],
)  # fmt: skip
def test_styles_that_change_numbers_are_read_as_their_tags_are(page, text):
    assert parse(f"<html>{page}".encode(), "a.html").text == text


@pytest.mark.parametrize(
    ("style", "cells"),
    [("visibility:hidden", "|  | 2 |"), ("color:#fff", "|  | 2 |"), ("display:none", "| 2 |  |")],
)  # fmt: skip
def test_a_cell_that_is_not_seen_keeps_its_place(style, cells):
    page = f"<table><tr><th>A<th>B<tr><td style='{style}'>1<td>2<tr><td>3<td>4</table>"

    assert parse(page.encode(), "a.html").text.splitlines()[2] == cells


def test_formulas_for_those_who_hear_a_page_are_read():
    page = (
        "<style>.m{clip:rect(1px,1px,1px,1px);height:1px;overflow:hidden}</style>"
        "So <span class=m><math><msup><mn>10</mn><mn>6</mn></msup></math></span>"
        "<span aria-hidden=true>10 6</span>."
    )

    assert parse(page.encode(), "a.html").text == "So 10^6 ."


def test_what_is_read_aloud_in_place_of_what_is_shown_is_read():
    page = (
        "<style>.a{position:absolute;left:-9999px}</style>Price: "
        "<b class=a>50 euro</b> <i aria-hidden=true>50</i><p class=a>Not seen</p>"
    )

    assert parse(page.encode(), "a.html").text == "Price: 50 euro"


@pytest.mark.parametrize(
    ("page", "lines"),
    [
        ("<ol type=a><li>x<li>y</ol>", "a. x|b. y"),
        ("<ol type=A start=26><li>x<li>y</ol>", "Z. x|AA. y"),
        ("<ol type=I start=4><li>x</ol>", "IV. x"),
        ("<ol type=i><li>x<li><p>y</p></ol>", "i. x|ii. y"),
        ("<ol><li value=7>x<li>y</ol>", "7. x|8. y"),
        ("<ol reversed><li>x<ol><li>z</ol><li>y</ol>", "2. x|  1. z|1. y"),
        ("<ol start=-1><li>x<li>y<li>z</ol>", "-1. x|0. y|1. z"),
        ("<ol type=a start=0><li>x</ol>", "0. x"),
        ("<ol style='list-style: upper-roman'><li>x</ol>", "I. x"),
        ("<style>.c{list-style-type:cjk-ideographic}</style><ol class=c start=12><li>x</ol>", "十二. x"),
        ("<ol><li data-value=7>x</ol>", "1. x"),
    ],
)  # fmt: skip
def test_items_of_pages_have_the_numbers_that_a_reader_sees(page, lines):
    assert parse(page.encode(), "a.html").text.split("\n") == lines.split("|")


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<svg><title>No</title><text>A <tspan>1</tspan><tspan x=0>B</tspan></text></svg>", "A 1 B"),
        ("<svg><switch><foreignObject><div>A</div></foreignObject><text>A</text></switch></svg>", "A"),
        ("<dialog open>Seen</dialog><dialog>Not</dialog>", "Seen"),
        ("<object data=a.pdf>The file</object>", "The file"),
        ("<iframe srcdoc='&lt;p&gt;In &lt;b&gt;it&lt;/b&gt;&lt;p hidden&gt;No'></iframe>", "In it"),
        ("<h2><button>Why?</button></h2><button>Send</button>", "Why?"),
        ("<h2><b>Why</b> <button>Copy</button></h2>", "Why"),
        ("<h2> <button>Why?</button>\n</h2>", "Why?"),
        ("<map><area alt='North 5'></map>", "North 5"),
    ],
)  # fmt: skip
def test_what_a_browser_shows_of_other_elements_is_read(page, text):
    parsed = parse(f"<body>{page}".encode(), "a.html")

    assert parsed.text == text
    assert parsed.title in {"a", text}


def test_what_stands_for_a_film_is_told():
    parsed = parse(b"<p>Seen</p><video>Not seen</video>", "a.html")

    assert parsed.text == "Seen"
    assert [notice.code for notice in parsed.notices] == ["stand_in"]


TWO_ROWS = (
    "<tr><th rowspan=2>职级<th colspan=2>住宿<th colspan=2>伙食"
    "<tr><th>国内<th>国外<th>国内<th>国外<tr><td>员工<td>450<td>900<td>80<td>200"
)
NAMES = "| 职级 | 住宿 国内 | 住宿 国外 | 伙食 国内 | 伙食 国外 |"


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (TWO_ROWS, NAMES),
        (TWO_ROWS.replace("th", "td"), NAMES),
        (f"<thead>{TWO_ROWS.replace('<tr><td>', '</thead><tr><td>')}", NAMES),
        (
            "<thead><tr><td>A<td colspan=2>B<tr><td>a<td>b<td>c</thead><tr><td>1<td>2<td>3",
            "| A a | B b | B c |",
        ),
        ("<tr><th>A<th>B<tr><th colspan=2>Part<tr><td>1<td>2", "| A | B |"),
        ("<tr><th colspan=2>T<tr><th>A<th>B<tr><td>1<td>2", "| A | B |"),
        ("<tr><td rowspan=2>A<td colspan=2>B<tr><td colspan=2>C<tr><td>1<td>2<td>3", "|  |  |  |"),
        ("<tr><th>A<th>B<tr><th>1<td>2", "| A | B |"),
    ],
)  # fmt: skip
def test_names_of_columns_over_several_rows_are_joined(table, names):
    lines = parse(f"<table>{table}</table>".encode(), "a.html").text.splitlines()

    assert names in lines
    if names == NAMES:
        assert lines[-1] == "| 员工 | 450 | 900 | 80 | 200 |"


@pytest.mark.parametrize(
    "empty", ["<title/>", "<script src='a.js'/>", "<style/>", "<p/>"]
)
def test_a_page_of_xml_goes_on_behind_empty_elements(empty):
    page = f"<html xmlns='http://www.w3.org/1999/xhtml'>{empty}<body><p>Caf&eacute; &lt; <![CDATA[a<b]]></p><textarea/><p>End</p></body></html>"

    assert parse(page.encode(), "a.xhtml").text == "Café < a<b\n\nEnd"
    broken = page.replace("<p>End", "<p>End<br>").replace("<![CDATA[a<b]]>", "a")
    assert parse(broken.encode(), "a.xhtml").text == "Café < a\n\nEnd"
    blanks = page.replace("Caf", f"Caf{' ' * 400_000}", 1)
    assert parse(blanks.encode(), "a.xhtml").text.endswith("End")


@pytest.mark.parametrize("name", ["a.html", "a.xhtml"])
def test_formulas_with_a_prefix_are_read(name):
    page = "<p>So <m:math xmlns:m='http://www.w3.org/1998/Math/MathML'><m:msup><m:mn>10</m:mn><m:mn>6</m:mn></m:msup></m:math>.</p>"

    assert parse(f"<html>{page}</html>".encode(), name).text == "So 10^6 ."


_PAGE_IN_AN_ARCHIVE = """MIME-Version: 1.0
Content-Type: multipart/related;
 boundary="b"

--b
Content-Type: text/html; charset=utf-8

<html><body><h1>付款通知</h1><p>请支付 99 万元。</p></body></html>
--b--
"""
_WORD_XML = """<?xml version="1.0"?><?mso-application progid="Word.Document"?>
<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"
 xmlns:x="http://schemas.microsoft.com/office/word/2003/auxHint">
<w:styles><w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/>
</w:style></w:styles><w:body><x:sect>
<w:p><w:pPr><w:pStyle w:val="H1"/></w:pPr><w:r><w:t>付款通知</w:t></w:r></w:p>
<w:p><w:r><w:t>请支付 </w:t></w:r><w:r><w:t>10</w:t></w:r><w:r><w:rPr>
<w:vertAlign w:val="superscript"/></w:rPr><w:t>6</w:t></w:r><w:r><w:t> 元。</w:t></w:r>
<w:r><w:rPr><w:vanish/></w:rPr><w:t>no</w:t></w:r></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>项</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>额
</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:tc><w:p><w:r><w:t>甲</w:t></w:r></w:p></w:tc>
<w:tc><w:p><w:r><w:t>5</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
</x:sect></w:body></w:wordDocument>"""


def _word_xml(body):
    return (
        '<?xml version="1.0"?><w:wordDocument xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml" '
        'xmlns:aml="http://schemas.microsoft.com/aml/2001/core">'
        f"<w:body>{body}</w:body></w:wordDocument>"
    ).encode()


def _run(text, look=""):
    return f"<w:r><w:rPr>{look}</w:rPr><w:t>{text}</w:t></w:r>"


_NOTE_IN_A_RUN = (
    "<w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:footnote><w:p>"
    f"<w:r><w:footnoteRef/></w:r>{_run('from 8 on')}</w:p></w:footnote></w:r>"
)
_BOX_IN_A_RUN = (
    "<w:r><w:pict><v:shape><v:textbox><w:txbxContent>"
    f"<w:p>{_run('Box 7')}</w:p><w:p>{_run('Box 8')}</w:p>"
    "</w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
)


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (_run("100") + _NOTE_IN_A_RUN + _run(" more"), "100 [from 8 on] more"),
        (_run("限额100") + _NOTE_IN_A_RUN + _run("元"), "限额100 [from 8 on]元"),
        (_run("100") + _BOX_IN_A_RUN + _run("more"), "100\nBox 7\nBox 8\nmore"),
        (_run("100", "<w:vanish w:val='off'/>"), "100"),
        (_run("a ") + _run("90", "<w:strike/>") + _run(" 80"), "a ~~90~~ 80"),
        (_run("90", "<w:strike w:val='off'/>"), "90"),
        ("<aml:annotation w:type='Word.Insertion'><aml:content>" + _run("5")
         + "</aml:content></aml:annotation>", "5"),
        (_run("5") + "<aml:annotation w:type='Word.Comment'><aml:content><w:p>"
         + _run("6") + "</w:p></aml:content></aml:annotation>", "5"),
    ],
)  # fmt: skip
def test_what_is_in_a_line_of_word_xml_does_not_run_into_it(inside, text):
    row = f"<w:tr><w:tc><w:p>{_run('k')}</w:p></w:tc><w:tc><w:p>{inside}</w:p></w:tc></w:tr>"
    cell = " ".join(text.split())

    parsed = parse(_word_xml(f"<w:p>{inside}</w:p><w:tbl>{row}{row}</w:tbl>"), "a.doc")

    line = f"| k | {cell} |"
    assert parsed.text == f"{text}\n\n{line}\n| --- | --- |\n{line}"
    codes = {notice.code for notice in parsed.notices} - {"type_mismatch"}
    assert codes == ({"comments"} if "Comment" in inside else set())


def test_rows_that_were_inserted_into_a_table_of_word_xml_are_read():
    rows = "".join(f"<w:tr><w:tc><w:p>{_run(n)}</w:p></w:tc></w:tr>" for n in (1, 2))
    added = (
        "<aml:annotation w:type='Word.Insertion'><aml:content>"
        f"{rows.replace('1', '3')}</aml:content></aml:annotation>"
    )
    edge = f"<w:sectPr><w:hdr w:type='odd'><w:p>{_run('Top')}</w:p></w:hdr></w:sectPr>"

    parsed = parse(_word_xml(f"<w:tbl>{rows}{added}</w:tbl>{edge}"), "a.doc")

    assert [text for _, text in shown(parsed)] == ["Top", "1", "2", "3", "2"]
    assert parsed.blocks[0].omitted == "running_head"


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("a.doc", _PAGE_IN_AN_ARCHIVE, "付款通知\n\n请支付 99 万元。"),
        ("a.xls", _PAGE_IN_AN_ARCHIVE, "付款通知\n\n请支付 99 万元。"),
        ("a.htm", _PAGE_IN_AN_ARCHIVE, "付款通知\n\n请支付 99 万元。"),
        ("a.doc", "<p>甲</p><p>乙</p>", "甲\n\n乙"),
        (
            "a.xls",
            "<!-- by x --><style>td{}</style><table><tr><td>5</td><td>6</td></tr></table>",
            "5 | 6",
        ),
        ("a.doc", "一句话。", "一句话。"),
        (
            "a.doc",
            _WORD_XML,
            "付款通知\n\n请支付 10⁶ 元。\n\n| 项 | 额 |\n| --- | --- |\n| 甲 | 5 |",
        ),
    ],
)
def test_what_programs_save_under_names_of_office_is_read_as_what_it_is(
    name, text, read
):
    assert parse(text.encode(), name).text == read


def test_hidden_text_of_word_xml_is_told():
    notices = parse(_WORD_XML.encode(), "a.doc").notices

    assert "hidden_text" in {notice.code for notice in notices}


def test_the_sheets_of_a_workbook_saved_as_pages_are_read():
    page = "--b\nContent-Type: text/html\n\n{}\n"
    parts = ["<html><frameset><frame src=s.htm></frameset></html>", "<p>One", "<p>Two"]
    data = 'Content-Type: multipart/related; boundary="b"\n\n'
    data += "".join(map(page.format, parts)) + "--b--\n"

    assert parse(data.encode(), "a.mht").text == "One\n\nTwo"
