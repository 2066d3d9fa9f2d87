"""The code profiles as a choice."""

from ..onemap.domain.codes import profile, profiles
from ..translation import language, tr
from .inputs import Choice


def profile_choice(
    *, name: str = "PROFILE", title: str = "", help_text: str = "", option: str = "", optional: bool = False
) -> Choice:
    """Return the choice of a code profile, with what each is called; one that is ``optional`` may be none."""
    known = tuple(profiles())
    return Choice(
        name=name,
        title=title or tr("Code profile"),
        help=help_text or tr("The rule by which the codes are made up."),
        option=option,
        words=known,
        titles=tuple(f"{one}  {profile(one).title(language())}" for one in known),
        default=() if optional else (known.index("CJT213-2005"),),
        optional=optional,
        advanced=optional,
    )
