"""What keeps a parser that a hostile file has taken over from doing harm."""
