import struct

from erya.loading.formats.xls_drawings import texts_of


def record(kind, body):
    return struct.pack("<HH", kind, len(body)) + body


def test_text_boxes_and_titles_of_charts_are_read():
    box = record(0x01B6, bytes(10) + struct.pack("<H", 5) + bytes(6))
    wide = record(0x003C, b"\x01" + "含运费价格".encode("utf-16-le"))
    title = record(0x100D, bytes(2) + bytes([8, 0]) + b"Staff 31")
    other = record(0x003C, b"\x00nothing")

    assert list(texts_of(box + wide + other + title)) == ["含运费价格", "Staff 31"]


def test_what_is_cut_off_is_left_out():
    assert list(texts_of(struct.pack("<HH", 0x01B6, 500))) == []
    assert list(texts_of(b"")) == []
