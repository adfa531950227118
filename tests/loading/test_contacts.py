from erya.loading import parse

CARD = """BEGIN:VCARD
VERSION:3.0
N:Amsel;Ida;;Dr.;
FN:Dr. Ida Amsel
ORG:Garden Works;Benches
TEL;TYPE=WORK:+43 1 555 77
item1.EMAIL:ida@garden.example
ADR;TYPE=home:;;Lane 4;Graz;;8010;Austria
NOTE:Calls back\\, mostly
  in the morning
PHOTO;ENCODING=b:AAAA
END:VCARD
BEGIN:VCARD
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E6=9D=8E=E9=9B=B7
TEL;CELL:138 0000 1111
END:VCARD
"""


def test_each_contact_is_a_paragraph_of_its_facts():
    parsed = parse(CARD.encode(), "book.vcf")

    assert parsed.text == (
        "Family name: Amsel\nName: Dr. Ida Amsel\nOrganisation: Garden Works, Benches\n"
        "Phone (work): +43 1 555 77\nE-mail: ida@garden.example\n"
        "Address (home): Lane 4, Graz, 8010, Austria\n"
        "Note: Calls back, mostly in the morning\n\n"
        "Name: 李雷\nPhone: 138 0000 1111"
    )
    assert "Pictures" in parsed.notices[0].message
