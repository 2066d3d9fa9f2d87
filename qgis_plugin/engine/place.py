"""One environment takes the place of another by renaming: at every moment the old one or the new one is there whole.

Deleting first would leave neither where the last step fails; on Windows it does while a running Python holds its files.
"""

import shutil
from contextlib import suppress
from pathlib import Path


class Place:
    """Where the profile's own environment lies, with those beside it: being made, ready and waiting, put aside."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.new = home.with_name(f"{home.name}.new")
        self.ready = home.with_name(f"{home.name}.ready")
        self.aside = home.with_name(f"{home.name}.old")

    def clear(self) -> None:
        """Make room for one that is to be made."""
        shutil.rmtree(self.new, ignore_errors=True)

    def keep(self) -> None:
        """Take the new one as ready: it answered. It waits as such until the old one's files are free."""
        shutil.rmtree(self.ready, ignore_errors=True)
        self.new.rename(self.ready)

    def exchange(self) -> None:
        """Put the one that is ready in the place of the old one; an OSError leaves the old one where it was."""
        self.heal()
        if self.home.exists():
            shutil.rmtree(self.aside, ignore_errors=True)  # what could not be deleted the last time
            self.home.rename(self.aside)
        try:
            self.ready.rename(self.home)
        except OSError:
            with suppress(OSError):  # if it is held even now, it is healed the next time
                self.heal()
            raise
        shutil.rmtree(self.aside, ignore_errors=True)

    def heal(self) -> None:
        """Put the old one back where an exchange was broken off between its two steps."""
        if self.aside.exists() and not self.home.exists():
            self.aside.rename(self.home)

    def settle(self) -> None:
        """Finish what the last session left: nothing of the old environment runs yet when QGIS starts."""
        self.heal()
        if self.ready.exists():
            self.exchange()
