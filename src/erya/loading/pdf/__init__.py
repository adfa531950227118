"""PDF: characters, lines, order of reading, structure; tables have a room inside."""
