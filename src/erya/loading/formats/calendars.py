"""Appointments and tasks (iCalendar, RFC 5545), in a mail or in a file."""

import re
from pathlib import PurePosixPath
from typing import Final

from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.formats.content_lines import Property, properties, unescaped
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
    for told in appointments(decode(data)):
        builder.paragraph(told, pairs=False)
    return builder.parsed(title=PurePosixPath(name).stem, media_type="text/calendar")


def appointments(text: str) -> list[str]:
    """Return what each appointment or task says, a line for each of its facts.

    Of time zones and alarms inside of it nothing: their dates are not the event's.
    """
    found: list[list[str]] = []
    inside: list[str] = []
    for told in properties(text):
        if told.name == "BEGIN":
            inside.append(told.value.upper())
            if inside[-1] in _EVENTS:
                found.append([])
        elif told.name == "END":
            del inside[-1:]
        elif inside[-1:] and inside[-1] in _EVENTS and told.value:
            label = _LABELS.get(told.name)
            found[-1] += [f"{label}: {_shown(told)}"] if label else []
    return ["\n".join(facts) for facts in found if facts]


def _shown(told: Property) -> str:
    if told.name in _PEOPLE:
        return _person(told)
    if told.name in _MOMENTS:
        zone = told.parameters.get("TZID", "")
        moments = ", ".join(map(_moment, told.value.split(",")))
        return f"{moments} ({zone})" if zone else moments
    if told.name == "DURATION" and (found := _DURATION.fullmatch(told.value)):
        parts = (f"{n} {u}" for n, u in zip(found.groups(), _UNITS, strict=True) if n)
        return " ".join(parts) or told.value
    return unescaped(told.value)


def _person(told: Property) -> str:
    """Return the name and address of a person, and what they have answered."""
    name, answer = told.parameters.get("CN", ""), told.parameters.get("PARTSTAT", "")
    address = re.sub("^mailto:", "", told.value, flags=re.IGNORECASE)
    person = f"{name} <{address}>" if name and name != address else address
    return f"{person} ({answer.lower().replace('-', ' ')})" if answer else person


def _moment(value: str) -> str:
    """Return a date and time as people write them; other values as they are."""
    found = _MOMENT.fullmatch(value)
    if found is None:
        return value
    year, month, day, hour, minute, zone = found.groups()
    clock = f" {hour}:{minute}{' UTC' if zone else ''}" if hour else ""
    return f"{year}-{month}-{day}{clock}"
