"""One run of an algorithm: what it was called with, and the verb's command line that grows out of it."""

from dataclasses import dataclass, field
from typing import Any

from qgis.core import QgsProcessingAlgorithm, QgsProcessingContext, QgsProcessingFeedback


@dataclass
class Call:
    """One run: inputs and outputs add their words to the verb's command line.

    Options are written ``--option=value`` and positions stand behind ``--``, so that no value is taken for an option.
    """

    algorithm: QgsProcessingAlgorithm
    parameters: dict[str, Any]
    context: QgsProcessingContext
    feedback: QgsProcessingFeedback
    options: list[str] = field(default_factory=list)
    positions: list[str] = field(default_factory=list)

    def say(self, option: str, value: str) -> None:
        """Add a value: as an option, or in its place where the option has no name."""
        if option:
            self.options.append(f"{option}={value}")
        else:
            self.positions.append(value)

    def is_given(self, name: str) -> bool:
        """Tell whether the caller gave a value of his own."""
        return self.parameters.get(name) not in (None, "", [])

    @property
    def arguments(self) -> list[str]:
        """Return the arguments of the verb."""
        return [*self.options, "--", *self.positions]
