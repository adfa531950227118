"""`python -m erya` is `erya`."""

from erya.cli.main import main

if __name__ == "__main__":
    main()
