"""Tables of a page of a PDF: by ruling lines, stripes, or gaps below each other."""
