"""What mails carry beside their text: invitations, winmail.dat, undeclared headers."""

import base64
import struct

from erya.loading import ParserPool, parse
from erya.loading.tnef import tnef_parts
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
        "Begins: 2026-03-01 09:30",
        "Ends: 2026-03-01 10:30 UTC",
        "Location: Room 5",
        "Organizer: mailto:ada@x.example",
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


def test_a_subject_in_bytes_without_an_encoding_is_read():
    data = mail("Content-Type: text/plain\n\n好。", subject="SUBJECT")
    for encoding in ("gb18030", "utf-8"):
        raw = data.replace(b"SUBJECT", "關於預算的會議通知與安排".encode(encoding))
        assert parse(raw, "a.eml").title == "關於預算的會議通知與安排"
