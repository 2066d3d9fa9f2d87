"""Every deed of the plugin is registered together with its undoing, so that unloading leaves nothing behind."""

from collections.abc import Callable


class Lifecycle:
    """Undo steps, run in the reverse order of the deeds.

    Examples
    --------
    >>> trace = []
    >>> life = Lifecycle()
    >>> life.on_unload(lambda: trace.append("toolbar"))
    >>> life.on_unload(lambda: trace.append("action"))
    >>> life.unload()
    >>> trace
    ['action', 'toolbar']
    """

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []

    def on_unload(self, undo: Callable[[], object]) -> None:
        """Remember how to undo what was just done."""
        self._undo.append(undo)

    def connect(self, signal, slot: Callable[..., object]) -> None:
        """Connect a signal until the plugin is unloaded."""
        signal.connect(slot)
        self.on_unload(lambda: signal.disconnect(slot))

    def unload(self) -> None:
        """Undo everything, last deed first; a second call does nothing."""
        while self._undo:
            self._undo.pop()()
