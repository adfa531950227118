"""What mails carry beside their text: invitations, winmail.dat, undeclared headers."""

import base64
import struct

import pytest

from erya.loading import ParserPool, parse
from erya.loading.formats.mail import mailbox_parts, parse_mail
from erya.loading.formats.tnef import tnef_parts
from erya.records import Item

_INVITATION = """BEGIN:VCALENDAR
BEGIN:VTIMEZONE
BEGIN:STANDARD
DTSTART:16010101T030000
RRULE:FREQ=YEARLY
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
SUMMARY:Budget
  round\\, part 2
DTSTART;TZID=Europe/Vienna:20260301T093000
DTEND:20260301T103000Z
LOCATION:Room 5
ORGANIZER;CN=Ada;SENT-BY="mailto:bob@x.example":mailto:ada@x.example
BEGIN:VALARM
DESCRIPTION:REMINDER
END:VALARM
DESCRIPTION:See C:\\\\new\\nSecond line
END:VEVENT
END:VCALENDAR
"""


def mail(*parts, subject="Plan"):
    head = f"From: a@b.example\nSubject: {subject}\nMIME-Version: 1.0\n"
    head += "Content-Type: multipart/mixed; boundary=x\n\n"
    return (head + "".join(f"--x\n{part}\n" for part in parts) + "--x--\n").encode()


def tnef(*attributes):
    data = b"\x78\x9f\x3e\x22\x01\x00"
    for number, value in attributes:
        data += struct.pack("<BII", 2, number, len(value)) + value
        data += struct.pack("<H", sum(value) & 0xFFFF)
    return data


def test_an_invitation_is_read_as_what_it_says():
    text = "Content-Type: text/plain\n\nPlease come."
    invitation = f"Content-Type: text/calendar; method=REQUEST\n\n{_INVITATION}"
    parsed = parse(mail(text, invitation), "plan.eml")

    assert parsed.text.split("\n\n")[-1].splitlines() == [
        "Appointment: Budget round, part 2",
        "Begins: 2026-03-01 09:30 (Europe/Vienna)",
        "Ends: 2026-03-01 10:30 UTC",
        "Location: Room 5",
        "Organizer: Ada <ada@x.example>",
        "Description: See C:\\new",
        "Second line",
    ]


def test_files_inside_winmail_dat_are_read_as_files_of_their_own():
    packed = tnef(
        (0x00069002, b"\0" * 14), (0x00018010, b"rates.txt\0"),
        (0x0006800F, b"The rate is 62 euros."), (0x00069002, b"\0" * 14),
        (0x00018010, b"more.txt\0"), (0x0006800F, b"And 63 euros."),
    )  # fmt: skip
    part = "Content-Type: application/ms-tnef; name=winmail.dat\n"
    part += "Content-Disposition: attachment; filename=winmail.dat\n"
    part += "Content-Transfer-Encoding: base64\n\n" + base64.b64encode(packed).decode()
    item = Item(source="/plan.eml", data=mail("Content-Type: text/plain\n\nHi.", part))
    with ParserPool(workers=1) as pool:
        found = {
            o.item.source: o.parsed.text if o.parsed else ""
            for o in pool.parse_all([item])
        }

    assert found["/plan.eml/rates.txt"] == "The rate is 62 euros."
    assert found["/plan.eml/more.txt"] == "And 63 euros."


def test_a_cut_winmail_dat_gives_what_came_before_the_cut():
    packed = tnef(
        (0x00018010, b"a.txt\0"), (0x0006800F, b"One."), (0x0006800F, b"Two.")
    )
    assert [part.data for part in tnef_parts(packed[:-8])] == [b"One."]


def test_names_inside_winmail_dat_are_in_any_encoding():
    packed = tnef((0x00018010, "合同草案.txt\0".encode("gbk")), (0x0006800F, b"One."))

    assert [part.name for part in tnef_parts(packed)] == ["合同草案.txt"]


def test_a_subject_in_bytes_without_an_encoding_is_read():
    data = mail("Content-Type: text/plain\n\n好。", subject="SUBJECT")
    for encoding in ("gb18030", "utf-8"):
        raw = data.replace(b"SUBJECT", "關於預算的會議通知與安排".encode(encoding))
        assert parse(raw, "a.eml").title == "關於預算的會議通知與安排"


def test_what_is_said_of_tasks_and_people_is_read():
    calendar = """BEGIN:VCALENDAR
BEGIN:VTODO
SUMMARY:Report
DUE;VALUE=DATE:20260401
DURATION:PT1H30M
EXDATE:20260312T100000,20260319T100000
ATTENDEE;CN="Bob, B.";PARTSTAT=NEEDS-ACTION:mailto:bob@x.example
COMMENT:By hand
END:VTODO
BEGIN:VEVENT
SUMMARY:Second
END:VEVENT
END:VCALENDAR
"""
    parsed = parse(calendar.encode(), "a.ics")

    assert parsed.text.split("\n\n") == [
        (
            "Appointment: Report\nDue: 2026-04-01\nLasts: 1 h 30 min\n"
            "Not on: 2026-03-12 10:00, 2026-03-19 10:00\n"
            "Attendee: Bob, B. <bob@x.example> (needs action)\nComment: By hand"
        ),
        "Appointment: Second",
    ]


@pytest.mark.parametrize(
    ("plain", "html", "texts"),
    [
        (
            "The invoice is ready. Amount due: see online. Please pay soon.",
            "The invoice is ready. Amount due: 61 EUR. Please pay soon.",
            ["61 EUR"],
        ),
        (
            "The invoice 17 is ready. Please pay soon, to our account.",
            "The invoice is ready, 62 EUR. Please pay soon, to our account.",
            ["invoice 17", "62 EUR"],
        ),
        (
            "The invoice is ready, 63 EUR. Please pay soon. https://x.example/997",
            "The invoice is ready, 63 EUR. Please pay soon.",
            ["63 EUR"],
        ),
    ],
)
def test_no_number_of_a_mail_with_alternatives_is_lost(plain, html, texts):
    data = "Subject: a\nMIME-Version: 1.0\nContent-Type: multipart/alternative; "
    data += f"boundary=c\n\n--c\nContent-Type: text/plain\n\n{plain}\n--c\n"
    data += f"Content-Type: text/html\n\n<p>{html}</p>\n--c--\n"
    read = parse(data.encode(), "a.eml").text

    assert all(text in read for text in texts)
    assert read.count("Please pay soon") == len(texts)


def test_parts_without_a_name_are_files_and_signatures_are_none():
    data = mail(
        "Content-Type: text/plain\n\nHi.",
        "Content-Type: text/csv\n\na,b\nx,58",
        "Content-Type: application/json\n\n{}",
        "Content-Type: text/markdown\n\n# Md",
        "Content-Type: text/enriched\n\n<bold>E</bold>",
        "Content-Type: application/pgp-signature\n\nabc",
        "Content-Type: image/png\n\nabc",
    )
    assert [part.name for part in parse_mail(data, "a.eml")[1]] == [
        "attachment-1.csv",
        "attachment-2.json",
        "attachment-3.md",
        "attachment-4.txt",
    ]


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_names_and_headers_in_bytes_are_read(encoding):
    part = 'Content-Type: text/plain; name="合同草案.txt"\n'
    part += 'Content-Disposition: attachment; filename="合同草案.txt"\n\nHi.'
    body = f"Content-Type: text/plain; charset={encoding}\n\n附件。"
    text = mail(body, part, subject="=?utf-8?Q?abc?= 休假").decode()
    parsed, parts = parse_mail(text.encode(encoding), "a.eml")

    assert parsed.title == "abc 休假"
    assert [part.name for part in parts] == ["合同草案.txt"]


def test_a_subject_that_is_too_short_to_tell_its_encoding_loses_no_mail():
    head = "Content-Type: text/plain; charset=koi8-r\nSubject: Отчёт\n\n".encode(
        "koi8-r"
    )

    assert (
        parse(head + "Скидка 41".encode("koi8-r"), "a.eml").text == "Отчёт\n\nСкидка 41"
    )


def test_a_line_that_begins_with_from_parts_no_mail():
    box = (
        b"From a@x.example Tue Mar  5 11:00:00 2024\nSubject: One\n\n"
        b"From 2023 to 2024\nsales rose.\nFrom 09:30 on 5 May 2024\nNote: none.\n\n"
        b"From b@x.example Tue Mar  5 12:00:00 2024\nSubject: Two\n\nBody.\n"
    )
    first, second = mailbox_parts(box)

    assert b"sales rose" in first.data
    assert second.data == b"Subject: Two\n\nBody.\n"


def signed(content, *, endless=False):
    """Return CMS SignedData with no signature, in DER or with lengths left open."""

    def element(tag, *parts):
        inner = b"".join(parts)
        if endless and tag not in {4, 6}:
            return bytes((tag, 0x80)) + inner + b"\0\0"
        size = len(inner).to_bytes(4, "big")
        return bytes((tag, 0x84)) + size + inner

    kind = bytes.fromhex("2a864886f70d0107")
    half = len(content) // 2
    octets = element(0x04, content)
    if endless:
        octets = element(
            0x24, element(0x04, content[:half]), element(0x04, content[half:])
        )
    around = element(0x30, element(0x06, kind, b"\1"), element(0xA0, octets))
    body = element(0x30, b"\2\1\1", element(0x31), around, element(0x31))
    data = element(0x30, element(0x06, kind, b"\2"), element(0xA0, body))
    head = b"Subject: a\nContent-Type: application/pkcs7-mime; smime-type=signed-data;"
    head += b" name=smime.p7m\nContent-Transfer-Encoding: base64\n\n"
    return head, data


@pytest.mark.parametrize("endless", [False, True])
def test_a_mail_inside_of_its_signature_is_read(endless):
    inner = "Content-Type: text/plain; charset=utf-8\n\n会议 41。".encode()
    head, data = signed(inner, endless=endless)
    parsed, parts = parse_mail(head + base64.encodebytes(data), "a.eml")

    assert parsed.text == "a\n\n会议 41。"
    assert not parts
    assert not parsed.notices


@pytest.mark.parametrize("cut", [3, 40, 70])
def test_a_damaged_signature_around_a_mail_is_told(cut):
    head, data = signed(b"Content-Type: text/plain\n\nHi.")
    parsed, parts = parse_mail(head + base64.encodebytes(data[:cut]), "a.eml")

    assert not parts
    assert "signed" in parsed.notices[0].message


def test_an_encrypted_mail_is_told():
    data = (
        b"Subject: a\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data"
    )
    parsed, parts = parse_mail(data + b"\n\nabc", "a.eml")

    assert not parts
    assert [notice.code for notice in parsed.notices] == ["password_protected"]
