"""What a reader of a PDF cannot see is not searched; what is laid over pages is read."""

import pytest

from erya.loading import ParserPool, parse
from erya.loading.pdf.parser import parse_pdf
from erya.records import Item
from tests.loading.pdf_files import raw_pdf

_SEEN = "BT /F 12 Tf 50 700 Td (The fee is 40 euros.) Tj ET\n"
_LIE = "BT /F 12 Tf 50 600 Td (The fee is 1 euro.) Tj ET\n"
_CLEAR = {"G": "<< /Type /ExtGState /ca 0 /CA 0 >>"}


def searched(data):
    parsed = parse(data, "fees.pdf")
    kept = [parsed.text[b.start : b.end] for b in parsed.blocks if not b.omitted]
    left = [parsed.text[b.start : b.end] for b in parsed.blocks if b.omitted]
    return kept, left, {notice.code for notice in parsed.notices}


@pytest.mark.parametrize(
    "drawn",
    [
        f"1 g {_LIE} 0 g",  # white on white
        f"q 0 0 1 rg 40 590 300 40 re f {_LIE} Q",  # blue on blue
        f"q /G gs {_LIE} Q",  # opacity 0
        f"/OC /L BDC {_LIE} EMC",  # a layer that is off
        f"{_LIE} 1 g 40 590 300 40 re f 0 g",  # under a white box
        f"{_LIE} 0 g 40 590 300 40 re f",  # blacked out
        f"q {_LIE.replace('Td', 'Td 7 Tr')} Q",  # only cuts what is drawn after it
    ],
)
def test_text_that_leaves_no_trace_on_the_page_is_not_searched(drawn):
    kept, left, told = searched(raw_pdf(_SEEN + drawn, states=_CLEAR, layer="OFF"))

    assert kept == ["The fee is 40 euros."]
    assert left == ["The fee is 1 euro."]
    assert "hidden_text" in told


@pytest.mark.parametrize(
    "drawn",
    [
        f"q 0 0 0.5 rg 40 590 300 40 re f 1 g {_LIE} Q",  # white on blue
        f"q 1 1 0 rg 40 590 300 40 re f 0 g {_LIE} Q",  # on a marker
        f"/OC /L BDC {_LIE} EMC",  # a layer that is on
        f"1 g 40 590 300 40 re f 0 g {_LIE}",  # on a white box
    ],
)
def test_text_that_can_be_seen_is_searched_however_it_is_drawn(drawn):
    kept, left, _ = searched(raw_pdf(_SEEN + drawn, states=_CLEAR, layer="ON"))

    assert " ".join(kept) == "The fee is 40 euros. The fee is 1 euro."
    assert left == []


def test_values_of_a_form_are_read_with_their_names():
    fields = (
        "/Subtype /Widget /FT /Tx /T (surname) /V (Lind 11)",
        "/Subtype /Widget /FT /Tx /T (p.ctry) /TU (Country) /V (Norway)",
        "/Subtype /Widget /FT /Btn /T (member) /V /Yes /AS /Yes /AP << /N << /Yes 3 0 R >> >>",
        "/Subtype /Widget /FT /Tx /T (empty)",
        "/Subtype /Widget /FT /Tx /T (secret) /V (Unseen 12) /F 2",
    )
    kept, left, told = searched(raw_pdf(_SEEN, annotations=fields))

    assert kept[1:] == ["surname: Lind 11", "Country: Norway", "☑ member"]
    assert left == ["secret: Unseen 12"]
    assert "hidden_text" in told


def test_text_boxes_are_read_and_notes_are_told():
    notes = (
        "/Subtype /FreeText /Contents (Paid in May)",
        "/Subtype /Text /Contents (Ask Ben)",
        "/Subtype /Highlight /Contents (Is that so?)",
    )
    kept, left, told = searched(raw_pdf(_SEEN, annotations=notes))

    assert kept[1:] == ["Paid in May"]
    assert left == ["Ask Ben", "Is that so?"]
    assert "comments" in told


def test_a_file_that_a_pdf_carries_is_read_as_a_file_of_its_own():
    item = Item(
        source="/fees.pdf", data=raw_pdf(_SEEN, attached=("rates.csv", "k,v\na,92\n"))
    )
    with ParserPool(workers=1) as pool:
        found = {o.item.source: o for o in pool.parse_all([item])}

    inside = found["/fees.pdf/rates.csv"].parsed
    assert inside is not None
    assert "92" in inside.text


def test_hidden_text_on_the_line_of_visible_text_is_parted_from_it():
    far = "1 g BT /F 12 Tf 400 700 Td (It is 1 euro.) Tj ET 0 g\n"
    kept, left, _ = searched(raw_pdf(_SEEN + far))

    assert kept == ["The fee is 40 euros."]
    assert left == ["It is 1 euro."]


_LINE = "BT /F 12 Tf 50 700 Td (The aide is Ann Lind of Graz.) Tj ET\n"  # Ann at 114


@pytest.mark.parametrize(
    ("drawn", "seen", "unseen"),
    [
        # White behind the words of a line, with no gap between.
        (
            f"{_SEEN}1 g BT /F 12 Tf 168 700 Td (It is 1 euro.) Tj ET 0 g\n",
            "The fee is 40 euros.", "It is 1 euro.",
        ),
        # The same drawn by one operator after the other.
        (
            "BT /F 12 Tf 50 700 Td (The fee is ) Tj 1 g (not ) Tj 0 g (40.) Tj ET",
            "The fee is 40.", "not",
        ),
        # A bar on a name within a line, black and red.
        (f"{_LINE}0 g 112 695 50 18 re f", "The aide is of Graz.", "Ann Lind"),
        (f"{_LINE}1 0 0 rg 112 695 50 18 re f", "The aide is of Graz.", "Ann Lind"),
        # A bar on part of a number: what is left does not join.
        (
            "BT /F 12 Tf 50 700 Td (Sum 123456) Tj ET 0 g 91.2 695 14 18 re f",
            "Sum 12 56", "34",
        ),
        # Cut away, in part and whole.
        (f"q 0 0 111 800 re W n {_LINE} Q", "The aide is", "Ann Lind of Graz."),
        (f"{_SEEN}q 0 0 10 10 re W n {_LIE} Q", "The fee is 40 euros.",
         "The fee is 1 euro."),
        # Tiny letters within a line.
        (
            f"{_SEEN}BT /F 0.5 Tf 168 700 Td (It is 1 euro.) Tj ET\n",
            "The fee is 40 euros.", "It is 1 euro.",
        ),
    ],
)  # fmt: skip
def test_hidden_words_are_parted_from_the_line_that_they_stand_in(drawn, seen, unseen):
    kept, left, told = searched(raw_pdf(drawn))

    assert kept == [seen]
    assert left == [unseen]
    assert "hidden_text" in told


@pytest.mark.parametrize(
    "drawn",
    [
        f"q 0 0 300 800 re W n {_LINE} Q",  # cut beside it
        f"{_LINE}q /M gs 1 1 0 rg 40 690 300 20 re f Q",  # a marker on it
        f"{_LINE}0 g 50 698 150 1.5 re f",  # underlined
        f"0 0 1 RG {_LINE} 40 690 300 20 re S",  # framed
    ],
)
def test_words_that_are_marked_framed_or_cut_beside_are_seen(drawn):
    multiply = {"M": "<< /Type /ExtGState /BM /Multiply >>"}
    kept, left, _ = searched(raw_pdf(drawn, states=multiply))

    assert kept == ["The aide is Ann Lind of Graz."]
    assert left == []


def test_what_is_covered_by_a_drawing_of_a_note_is_not_searched():
    # An annotation is drawn on top of all.
    bar = "/Subtype /Square /Rect [112 695 162 713] /C [0 0 0] /IC [0 0 0]"
    kept, left, _ = searched(raw_pdf(_LINE, annotations=(bar,)))

    assert kept == ["The aide is of Graz."]
    assert left == ["Ann Lind"]


def test_words_among_thousands_of_surfaces_are_read():
    words = "".join(
        f"BT /F 4 Tf {x} {y} Td (w{x}) Tj ET\n"
        for x in range(10, 590, 10) for y in range(10, 790, 10)
    )  # fmt: skip
    boxes = "".join(
        f"{x} {y} 2 2 re f\n" for x in range(5, 590, 4) for y in range(5, 790, 8)
    )
    kept, _, _ = searched(raw_pdf(words + boxes))

    assert "w590" not in " ".join(kept)
    assert "w580" in " ".join(kept)


def test_a_password_in_a_form_is_not_read_and_told():
    fields = (
        "/Subtype /Widget /FT /Tx /T (code) /V (Hush 13) /Ff 8192",
        "/Subtype /Widget /FT /Tx /T (empty) /Ff 8192",
        "/Subtype /Widget /FT /Tx /T (town) /V (Graz) /Ff 4096",
    )
    data = raw_pdf(_SEEN, annotations=fields)
    kept, left, told = searched(data)

    assert kept[1:] == ["town: Graz"]
    assert left == []
    assert told == {"password_field"}
    assert "Hush" not in parse(data, "fees.pdf").text


_LAND = "<FEFF5FB756FD>"  # 德国


def test_choices_of_a_form_are_read_as_they_are_shown():
    options = "/Opt [[(NO) (Norway)] [(AT) (Austria)] [(CH) (Switzerland)]]"
    fields = (
        f"/Subtype /Widget /FT /Ch /Ff 131072 /T (home) /V (AT) {options}",
        f"/Subtype /Widget /FT /Ch /Ff 2097152 /T (seen) /V [(NO) (CH)] {options}",
        f"/Subtype /Widget /FT /Ch /Ff 393216 /T (other) /V (Peru) {options}",
        f"/Subtype /Widget /FT /Ch /Ff 131072 /T (none) {options}",
        f"/Subtype /Widget /FT /Ch /Ff 131072 /T (land) /V {_LAND} /Opt [{_LAND}]",
    )
    kept, _, _ = searched(raw_pdf(_SEEN, annotations=fields))

    assert kept[1:] == [
        "home: Austria", "seen: Norway, Switzerland", "other: Peru", "land: 德国",
    ]  # fmt: skip


def test_a_file_that_is_attached_to_a_page_is_read_as_a_file_of_its_own():
    file = "/Type /Filespec /F (rates.csv) /UF (rates.csv) /EF << /F 8 0 R >>"
    attached = (
        f"/Subtype /FileAttachment /Contents (See the rates) /FS << {file} >>",
        "/Subtype /FileAttachment /FS << /Type /Filespec /F (gone.csv) >>",
    )
    data = raw_pdf(_SEEN, attached=("other.csv", "k,v\na,92\n"), annotations=attached)
    item = Item(source="/fees.pdf", data=data)
    with ParserPool(workers=1) as pool:
        found = {o.item.source: o for o in pool.parse_all([item])}

    whole, inside = found["/fees.pdf"].parsed, found["/fees.pdf/rates.csv"].parsed
    assert whole is not None
    assert inside is not None
    assert "92" in inside.text
    assert "/fees.pdf/other.csv" in found
    assert {n.code for n in whole.notices} == {"comments", "lost_attachment"}


def test_a_name_of_an_attached_file_in_utf_16_is_read_as_that():
    # As some programs write it: without /UF.
    file = "/Type /Filespec /F <FEFF8D397528002E006300730076> /EF << /F 8 0 R >>"
    data = raw_pdf(
        _SEEN,
        attached=("other.csv", "k,v\na,92\n"),
        annotations=(f"/Subtype /FileAttachment /FS << {file} >>",),
    )
    names = []
    parse_pdf(data, "fees.pdf", on_part=lambda part: names.append(part.name))

    assert names == ["费用.csv", "other.csv"]
