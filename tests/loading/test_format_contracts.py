import io
import json

import docx
import pytest

from erya.loading.registry import format_of
from erya.loading.sniffing import media_type
from erya.testing import FormatContract
from tests.loading.pdf_files import pdf
from tests.loading.test_formats import XHTML, book


def word():
    document = docx.Document()
    document.add_heading("Leave", level=1)
    document.add_paragraph("25 days a year.")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


NOTEBOOK = {
    "cells": [{"cell_type": "markdown", "source": ["# Leave\n", "25 days."]}],
    "metadata": {},
    "nbformat": 4,
}
SAMPLES = {
    "a.txt": b"Leave\n\n25 days a year.",
    "a.md": b"# Leave\n\n25 days a year.\n\n- booked\n- granted\n",
    "a.rst": b"Leave\n=====\n\n25 days a year.\n",
    "a.html": b"<html><h1>Leave</h1><p>25 days</p><table><tr><td>a<td>1<tr><td>b<td>2</table></html>",
    "a.csv": b"what,days\nleave,25\nsick,10\n",
    "a.ics": b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Party\nDTSTART:20260101\nEND:VEVENT\nEND:VCALENDAR\n",
    "a.vcf": b"BEGIN:VCARD\nFN:Ada\nTEL:1234\nEND:VCARD\n",
    "a.vtt": b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello there.\n",
    "a.py": b"def leave():\n    return 25\n",
    "a.json": json.dumps({"leave": {"days": 25}}).encode(),
    "a.jsonl": b'{"question": "How many days?", "answer": "25"}\n',
    "a.xml": b"<leave><days>25</days></leave>",
    "a.ipynb": json.dumps(NOTEBOOK).encode(),
    "a.epub": book("", f"{XHTML}<body><h1>Leave</h1><p>25 days.</p></body></html>"),
    "a.docx": word(),
    "a.pdf": pdf([(60, 700, 10, "25 days of leave a year.")]),
    "a.eml": b"From: a@x.example\nSubject: Leave\nContent-Type: text/plain\n\n25 days a year.\n",
}  # fmt: skip


class TestFormats(FormatContract):
    @pytest.fixture(params=list(SAMPLES))
    def sample(self, request):
        return SAMPLES[request.param], request.param

    @pytest.fixture
    def file_format(self, sample):
        known = format_of(media_type(*sample))
        assert known is not None
        return known
