"""The code profiles as a choice."""

from ..onemap.domain.codes import profile, profiles
from ..translation import language, tr
from .inputs import Choice
from .open_map import shown_profile

OLD, NEW = "CJT213-2005", "GBT30428"


def profile_choice(
    *,
    name: str = "PROFILE",
    title: str = "",
    help_text: str = "",
    option: str = "",
    optional: bool = False,
    default: str = OLD,
    suggested: str | None = None,
) -> Choice:
    """Return the choice of a code profile, with what each is called; one that is ``optional`` may be none.

    Dialogs begin with that of the open map, or with the one that is ``suggested``.
    """
    known = tuple(profiles())
    return Choice(
        suggested="" if optional else shown_profile() if suggested is None else suggested,
        name=name,
        title=title or tr("Code profile"),
        help=help_text or tr("The rule by which the codes are made up."),
        option=option,
        words=known,
        titles=tuple(f"{one}  {profile(one).title(language())}" for one in known),
        default=() if optional else (known.index(default),),
        optional=optional,
        advanced=optional,
    )
