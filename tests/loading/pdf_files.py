"""PDFs made by the tests: plain drawing instructions, written by hand."""


def pdf(  # noqa: PLR0913 - what a page may have
    *pages,
    rotate=0,
    crop=None,
    encrypt=False,
    title=None,
    means=None,
    unit=False,
    drawn="",
    form=False,
):
    """Return a PDF whose pages draw (x, y, size, text) in Helvetica, in that order.

    `drawn` are instructions that each page begins with; with `form` they stand in a form
    of their own, which is drawn at half its size.

    `means` tells what text the font says that its signs are. With `unit` the font has
    a size of 1, and its letters are scaled.
    """
    objects = {
        1: "<< /Type /Catalog /Pages 2 0 R >>",
        3: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    }
    kids, number = [], 4
    forms = ""
    if form:
        objects[number] = (
            f"<< /Type /XObject /Subtype /Form /BBox [0 0 1200 1600] /Length {len(drawn)} >>\nstream\n{drawn}\nendstream"
        )
        forms = f"/XObject << /D {number} 0 R >>"
        drawn, number = "q 0.5 0 0 0.5 0 0 cm /D Do Q\n", number + 1
    for page in pages:
        told = drawn + "".join(
            f"BT /F 1 Tf {size} 0 0 {size} {x} {y} Tm ({text}) Tj ET\n"
            if unit
            else f"BT /F {size} Tf {x} {y} Td ({text}) Tj ET\n"
            for x, y, size, text in page
        )
        cut = f"/CropBox [{' '.join(map(str, crop))}]" if crop else ""
        objects[number] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] {cut} /Rotate {rotate} /Resources << /Font << /F 3 0 R >> {forms} >> /Contents {number + 1} 0 R >>"
        )
        objects[number + 1] = f"<< /Length {len(told)} >>\nstream\n{told}\nendstream"
        kids.append(f"{number} 0 R")
        number += 2
    objects[2] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    trailer = "/Root 1 0 R"
    if title:
        objects[number] = f"<< /Title ({title}) >>"
        trailer += f" /Info {number} 0 R"
        number += 1
    if means:
        told = "".join(
            f"<{ord(sign):02x}> <{text.encode('utf-16-be').hex()}>\n"
            for sign, text in means.items()
        )
        told = f"1 begincodespacerange <00> <ff> endcodespacerange {len(means)} beginbfchar\n{told}endbfchar"
        objects[number] = f"<< /Length {len(told)} >>\nstream\n{told}\nendstream"
        objects[3] = objects[3].replace(" >>", f" /ToUnicode {number} 0 R >>")
        number += 1
    if encrypt:
        key = "<" + "41" * 32 + ">"
        objects[number] = f"<< /Filter /Standard /V 1 /R 2 /O {key} /U {key} /P -4 >>"
        trailer += f" /Encrypt {number} 0 R /ID [<41> <41>]"
    out = b"%PDF-1.4\n"
    places = {}
    for place in sorted(objects):
        places[place] = len(out)
        out += f"{place} 0 obj\n{objects[place]}\nendobj\n".encode("latin-1")
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{places[key]:010} 00000 n \n".encode() for key in sorted(places))
    return (
        out
        + f"trailer << /Size {len(objects) + 1} {trailer} >>\nstartxref\n{table}\n%%EOF".encode()
    )


def raw_pdf(drawn, *, states=None, layer="ON", annotations=(), attached=()):
    """Return a PDF of one page with these drawing instructions, in Helvetica as /F.

    `/OC /L BDC` begins what is on a layer, `ON` or `OFF`. `states` are what `gs` sets;
    `annotations` are laid over the page; `attached` is the name and text of a file.
    """
    first = 10
    kids = " ".join(f"{first + at} 0 R" for at in range(len(annotations)))
    named = "".join(f"/{name} {state} " for name, state in (states or {}).items())
    catalog = (
        "/Type /Catalog /Pages 2 0 R /OCProperties << /OCGs [6 0 R] "
        f"/D << /{layer} [6 0 R] >> >> /AcroForm << /Fields [{kids}] >>"
    )
    objects = {
        2: "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        3: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        4: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 5 0 R "
        f"/Annots [{kids}] /Resources << /Font << /F 3 0 R >> "
        f"/ExtGState << {named}>> /Properties << /L 6 0 R >> >> >>",
        5: f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        6: "<< /Type /OCG /Name (L) >>",
    }
    for at, told in enumerate(annotations):
        objects[first + at] = (
            f"<< /Type /Annot /Rect [50 500 90 520] /P 4 0 R {told} >>"
        )
    if attached:
        name, text = attached
        catalog += " /Names << /EmbeddedFiles << /Names [(f) 7 0 R] >> >>"
        objects[7] = (
            f"<< /Type /Filespec /F ({name}) /UF ({name}) /EF << /F 8 0 R >> >>"
        )
        objects[8] = (
            f"<< /Type /EmbeddedFile /Params << /Size {len(text)} >> /Length {len(text)} >>"
            f"\nstream\n{text}\nendstream"
        )
    objects[1] = f"<< {catalog} >>"
    out = b"%PDF-1.7\n"
    places = {}
    for number in sorted(objects):
        places[number] = len(out)
        out += f"{number} 0 obj\n{objects[number]}\nendobj\n".encode("latin-1")
    table, most = len(out), max(objects) + 1
    out += f"xref\n0 {most}\n0000000000 65535 f \n".encode()
    for number in range(1, most):
        place = places.get(number)
        out += (
            f"{place:010} 00000 n \n" if place else "0000000000 65535 f \n"
        ).encode()
    return (
        out
        + f"trailer << /Size {most} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF".encode()
    )
