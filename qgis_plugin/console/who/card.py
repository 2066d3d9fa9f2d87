"""The cards of an answer, as HTML: a place, and who answers there. Text is shown as text, never as markup."""

import re
from html import escape

from qgis.core import QgsCoordinateReferenceSystem

from ...engine.worker import said
from ...onemap.domain.system_names import system_title
from ...translation import language, tr
from ..rebuilt import words_of_outdated
from ..tones import quiet
from ..words import Words, begun, kind_title, number, one_named, together

DETAILS = "onemap:details"  # the link that unfolds files and hashes
PHONE = "onemap:phone"  # the link that asks for the whole number
_PARTS = ("in_charge", "owner", "maintainer", "territorial")
ANY_MATTER = "*"
_SHOWN_OF_PHONE = 3
_SHOWN_CELLS = 4
# A layer and, behind it in brackets, the files it came from and the beginning of their hash.
_SOURCE = re.compile(r"\b([a-z][a-z0-9_]*)(\s*[（(][^（）()]*[0-9a-f]{8}[)）])")


def place_card(answer: dict, *, decided: str = "") -> str:
    """Return the card of a place: the cell large, the sentence, the chain, the agencies' grids, what else could answer.

    ``decided`` is the cell that somebody gave it; then that one is large, and the rest is told of the position.
    """
    code, sentence = answer.get("cell"), said(answer.get("sentence"))
    if decided and decided != code:
        sentence = tr("By its position: {sentence}", sentence=sentence)
    parts = [_heading(decided or (str(code) if code else tr("no cell"))), _paragraph(begun(sentence))]
    reason = said(answer.get("reason"))
    if reason:
        parts.append(_paragraph(begun(reason)))
    parts.append(_table([(link_title(link), link["name"], link["code"]) for link in answer.get("chain", ())]))
    grids = [(grid["agency"], _name_and_holder(grid), grid["code"]) for grid in answer.get("duty_grids", ())]
    if grids := [*grids, *_uncovered(answer)]:
        parts.append(_paragraph(tr("The map has no duties, so it names nobody. The agencies' grids here:")))
        parts.append(_table(grids))
    facts = [(tr("How"), kind_title(str(answer.get("how", ""))), "")]
    if answer.get("distance_m"):
        facts.append((tr("To the cell"), f"{number(answer['distance_m'])} m", ""))
    others = [other for other in answer.get("candidates", ()) if other != code]
    if others:
        facts.append((tr("Other candidates"), ", ".join(others), ""))
    parts.append(_table([*facts, *_position(answer)]))
    return "".join([*parts, _stale(answer)])


def _name_and_holder(grid: dict) -> str:
    return " · ".join(filter(None, (grid["name"] or grid["code"], grid["holder"])))


def _uncovered(answer: dict) -> list[tuple[str, str, str]]:
    """Return a line for each agency of whose grids none covers the spot: nobody of it answers there."""
    return [(one["agency"], said(one["because"]), "") for one in answer.get("uncovered", ())]


def holder_card(answer: dict, *, whole: bool = False, details: bool = False) -> str:
    """Return the card of who answers: the person and the telephone first, then the roles, the chain, the proof.

    Telephone numbers are masked unless they shall be `whole`; a link asks for that. Another one unfolds the files and
    hashes of the proof, which are told with `details` only.
    """
    telephone_of = str if whole else masked
    person = answer.get("accountable")
    if person:
        title = " · ".join(part for part in (person["name"], role_title(person["role"]), person["agency"]) if part)
        telephone = telephone_of(person["phone"])
    else:
        lacks_matter = answer["state"] == "nobody" and answer.get("matter") == ANY_MATTER
        unnamed = lacks_matter and not answer.get("uncovered")
        title, telephone = tr("No matter is named") if unnamed else state_words(answer["state"]), ""
    parts = [_heading(title)]
    if telephone:
        link = "" if whole else f' &nbsp;<a href="{PHONE}">{escape(tr("show the number"))}</a>'
        parts.append(f"<p><b>{escape(telephone)}</b>{link}</p>")
    elif person:
        parts.append(f'<p style="color:{quiet()}">{escape(tr("no telephone in this map"))}</p>')
    rows = [(part_title(part), _claims(answer["parts"][part]), "") for part in _PARTS if part in answer["parts"]]
    rows += _uncovered(answer)
    rows += [(tr("Deputy"), deputy["name"], telephone_of(deputy["phone"])) for deputy in _deputies(answer)]
    parts += [_table(rows), _table([(link_title(link), link["name"], link["code"]) for link in answer["chain"]])]
    proof = said(answer.get("sentence"))
    for phone in _phones(answer):
        proof = proof.replace(phone, telephone_of(phone))
    words = Words()
    told = _SOURCE.sub(lambda found: words.layer(found[1]) + (found[2] if details else ""), proof)
    fold = "" if details or not _SOURCE.search(proof) else f' <a href="{DETAILS}">{escape(tr("details"))}</a>'
    parts += [_table(_position(answer)), f'<p style="color:{quiet()}">{escape(begun(told))}{fold}</p>']
    return "".join([*parts, _stale(answer)])


def part_title(part: str) -> str:
    """Return the title of a part of responsibility."""
    titles = {
        "in_charge": tr("In charge"),
        "owner": tr("Owner"),
        "maintainer": tr("Maintainer"),
        "territorial": tr("Territory"),
    }
    return titles.get(part, part)


def state_words(state: str) -> str:
    """Return why there is nobody to be named."""
    words = {
        "vacant": tr("The post is vacant"),
        "conflict": tr("Several claim to answer"),
        "nobody": tr("Nobody answers for this matter here"),
        "outside": tr("In no grid"),
    }
    return words.get(state, state)


def role_title(role: str) -> str:
    """Return the title of a post."""
    titles = {
        "grid_worker": tr("grid worker"),
        "grid_head": tr("grid head"),
        "community_head": tr("community head"),
        "street_head": tr("street head"),
        "department": tr("department"),
        "patrol": tr("patrol"),
        "collector": tr("collector"),
    }
    return titles.get(role, role)


def link_title(link: dict) -> str:
    """Return what a level of the chain is called, as a heading."""
    title = one_named(said(link.get("title")) or str(link.get("level", "")))
    return title[:1].upper() + title[1:]


def _claims(part: dict) -> str:
    """Return who holds a part: names, or what stands in the place of one."""
    names = [holder["name"] for claim in part["claims"] for holder in claim.get("holders", ())]
    agencies = [claim.get("agency", "") for claim in part["claims"]]
    lacking = [] if part["state"] == "held" else [state_words(part["state"])]
    return together(dict.fromkeys(filter(None, [*agencies, *names, *lacking])))


def _deputies(answer: dict) -> list[dict]:
    """Return all deputies, each once: of whoever is accountable first, then of the other parts."""
    claims = [claim for part in _PARTS if part in answer["parts"] for claim in answer["parts"][part]["claims"]]
    people = [*answer["deputies"], *(person for claim in claims for person in claim.get("deputies", ()))]
    return list({person["holder_code"]: person for person in people}.values())


def _phones(answer: dict) -> set[str]:
    """Return every telephone number that the proof may name."""
    claims = [claim for part in answer["parts"].values() for claim in part["claims"]]
    people = [person for claim in claims for person in (*claim.get("holders", ()), *claim.get("deputies", ()))]
    people += [holder for link in answer["chain"] for holder in link.get("holders", ()) if isinstance(holder, dict)]
    return {person["phone"] for person in people if person.get("phone")}


def masked(phone: str) -> str:
    """Return a telephone number of which only the ends are shown; the whole one stands in the map."""
    if len(phone) <= 2 * _SHOWN_OF_PHONE:
        return phone
    return f"{phone[:_SHOWN_OF_PHONE]}****{phone[-_SHOWN_OF_PHONE:]}"


def _position(answer: dict) -> list[tuple[str, str, str]]:
    if answer.get("x") is None:
        return []
    where = [(tr("Position"), f"{answer['x']:.2f}, {answer['y']:.2f}", "")]
    return [*where, (tr("Coordinate system"), answer["system"], "")] if answer.get("system") else where


def system_name(crs: QgsCoordinateReferenceSystem) -> str:
    """Return what a coordinate system is called, with its code."""
    return system_title(crs.description(), crs.authid(), language=language())


def _stale(answer: dict) -> str:
    if not answer.get("stale"):
        return ""
    return f"<p><b>{escape(words_of_outdated())}</b></p>"


def _heading(text: str) -> str:
    return f'<h2 style="margin-bottom:2px">{escape(text)}</h2>'


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _table(rows: list[tuple[str, str, str]]) -> str:
    lines = "".join(
        f'<tr><td style="color:{quiet()};padding:1px 12px 1px 0">{escape(title)}</td>'
        f'<td style="padding-right:12px">{escape(name)}</td><td>{escape(code)}</td></tr>'
        for title, name, code in rows
    )
    return f"<table>{lines}</table>" if lines else ""


def _percent(share: float) -> str:
    """Return a share in whole percent; one that is there is never told as none."""
    return "< 1%" if 0 < share <= 0.005 else f"{share:.0%}"  # noqa: PLR2004 - half a percent


def holders_card(answer: dict) -> str:
    """Return the card of all who answer somewhere on a line or in an area, the largest share first."""
    unit = "m²" if answer["measure"] == "area_m2" else "m"
    whole = sum(row["size"] for row in answer["rows"]) or 1.0
    several = tr("{count} answer here", count=answer["holders"])
    parts = [_heading(tr("1 answers here") if answer["holders"] == 1 else several)]
    lines = []
    for row in answer["rows"]:
        who = row["holder"] or state_words(row["state"])
        post = " · ".join(part for part in (role_title(row["role"] or ""), row["agency"] or "") if part)
        share = f"{number(row['size'])} {unit} ({_percent(row['size'] / whole)})"
        cells = ", ".join(row["cells"][:_SHOWN_CELLS]) + (" ..." if len(row["cells"]) > _SHOWN_CELLS else "")
        lines.append(
            f"<tr><td style='padding:4px 12px 4px 0'><b>{escape(who)}</b> {escape(masked(row['phone'] or ''))}<br/>"
            f"<span style='color:{quiet()}'>{escape(post)}<br/>{escape(cells)}</span></td>"
            f"<td align='right'>{escape(share)}</td></tr>"
        )
    for one in answer.get("uncovered", ()):
        share = f"{number(one['size'])} {unit} ({_percent(one['size'] / whole)})"
        lines.append(
            f"<tr><td style='padding:4px 12px 4px 0'><b>{escape(one['agency'])}</b><br/>"
            f"<span style='color:{quiet()}'>{escape(said(one['because']))}</span></td>"
            f"<td align='right'>{escape(share)}</td></tr>"
        )
    parts.append(f"<table width='100%'>{''.join(lines)}</table>")
    return "".join([*parts, _stale(answer)])
