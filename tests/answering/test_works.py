import pytest

from erya.answering.works import is_of_work
from erya.records import Chunk


def titled(title, source="a.txt"):
    return Chunk(
        id="c", document_id="d", start=0, end=1, text="x", source=source, title=title
    )


@pytest.mark.parametrize(
    ("work", "title"),
    [
        ("劳动合同法", "中华人民共和国劳动合同法"),
        ("劳动合同法", "劳动合同法(2012-12-28)"),
        ("违反员工手册", "员工手册"),
        ("帮我找一下员工手册", "员工手册 v2"),
        ("民间借贷规定", "关于审理民间借贷案件适用法律若干问题的规定"),
        ("劳动合同法实施条例", "中华人民共和国劳动合同法实施条例"),
        ("差旅办法", "差旅管理办法"),
    ],
)
def test_a_work_is_known_by_what_people_call_it(work, title):
    assert is_of_work(titled(title), work)


@pytest.mark.parametrize(
    ("work", "title"),
    [
        ("劳动合同法", "劳动合同法实施条例"),
        ("劳动合同法实施条例", "劳动合同法"),
        ("种子法", "妇女权益保障法"),
        ("劳动合同法", "关于适用劳动合同法的解释"),
        ("差旅办法", "差旅条例"),
        ("种子法", ""),
    ],
)
def test_another_work_is_none_however_alike_they_are_called(work, title):
    assert not is_of_work(titled(title), work)


def test_the_name_of_a_file_counts():
    assert is_of_work(titled("", "laws/公司法(2023-12-29).md"), "公司法")
