"""Appointments and tasks (iCalendar, RFC 5545), in a mail or in a file."""

import re
from pathlib import PurePosixPath
from typing import Final

from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.formats.content_lines import Property, properties, unescape
from erya.records import Parsed

__all__ = ["appointments", "parse_calendar"]

_EVENTS: Final = frozenset(("VEVENT", "VTODO", "VJOURNAL"))
_MOMENT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z)?)?")
_DURATION: Final = re.compile(
    r"\+?P(?:(\d{1,6})W)?(?:(\d{1,6})D)?"
    r"(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?"
)
_UNITS: Final = ("weeks", "days", "h", "min", "s")
# What is shown of an appointment, by its names.
_LABELS: Final = {
    "SUMMARY": "Appointment",
    "DTSTART": "Begins",
    "DTEND": "Ends",
    "DURATION": "Lasts",
    "DUE": "Due",
    "COMPLETED": "Completed",
    "PERCENT-COMPLETE": "Percent complete",
    "LOCATION": "Location",
    "ORGANIZER": "Organizer",
    "ATTENDEE": "Attendee",
    "CONTACT": "Contact",
    "RRULE": "Repeats",
    "RDATE": "Repeats on",
    "EXDATE": "Not on",
    "STATUS": "Status",
    "CATEGORIES": "Categories",
    "URL": "URL",
    "DESCRIPTION": "Description",
    "COMMENT": "Comment",
}
_PEOPLE: Final = frozenset(("ORGANIZER", "ATTENDEE"))
_MOMENTS: Final = frozenset(
    ("DTSTART", "DTEND", "DUE", "COMPLETED", "RDATE", "EXDATE")
)  # fmt: skip


def parse_calendar(data: bytes, name: str) -> Parsed:
    """Read the appointments and tasks of a calendar, each as one paragraph."""
    builder = TextBuilder()
    for text in appointments(decode(data)):
        builder.paragraph(text, pairs=False)
    return builder.parsed(title=PurePosixPath(name).stem, media_type="text/calendar")


def appointments(text: str) -> list[str]:
    """Return what each appointment or task says, a line for each of its facts.

    Of time zones and alarms inside of it nothing: their dates are not the event's.
    """
    events: list[list[str]] = []
    inside: list[str] = []
    for field in properties(text):
        if field.name == "BEGIN":
            inside.append(field.value.upper())
            if inside[-1] in _EVENTS:
                events.append([])
        elif field.name == "END":
            del inside[-1:]
        elif inside[-1:] and inside[-1] in _EVENTS and field.value:
            label = _LABELS.get(field.name)
            events[-1] += [f"{label}: {_format_field(field)}"] if label else []
    return ["\n".join(facts) for facts in events if facts]


def _format_field(field: Property) -> str:
    if field.name in _PEOPLE:
        return _person(field)
    if field.name in _MOMENTS:
        zone = field.parameters.get("TZID", "")
        moments = ", ".join(map(_moment, field.value.split(",")))
        return f"{moments} ({zone})" if zone else moments
    if field.name == "DURATION" and (match := _DURATION.fullmatch(field.value)):
        parts = (f"{n} {u}" for n, u in zip(match.groups(), _UNITS, strict=True) if n)
        return " ".join(parts) or field.value
    return unescape(field.value)


def _person(field: Property) -> str:
    """Return the name and address of a person, and what they have answered."""
    name, answer = field.parameters.get("CN", ""), field.parameters.get("PARTSTAT", "")
    address = re.sub("^mailto:", "", field.value, flags=re.IGNORECASE)
    person = f"{name} <{address}>" if name and name != address else address
    return f"{person} ({answer.lower().replace('-', ' ')})" if answer else person


def _moment(value: str) -> str:
    """Return a date and time as people write them; other values as they are."""
    match = _MOMENT.fullmatch(value)
    if match is None:
        return value
    year, month, day, hour, minute, zone = match.groups()
    clock = f" {hour}:{minute}{' UTC' if zone else ''}" if hour else ""
    return f"{year}-{month}-{day}{clock}"
