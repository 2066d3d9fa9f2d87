"""``python -m onemap``: the same as the command ``onemap``."""

from .cli import main

if __name__ == "__main__":
    main()
