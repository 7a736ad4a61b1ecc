"""V7: the elements of a result as a file for a machine and as rows for a spreadsheet; the same figures in both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from app.challenge.exact import written
from app.challenge.presenting import Shown
from app.core.export import Field
from app.core.i18n import _

HUNDRED = 100


def elements_file(shown: Shown) -> dict[str, Any]:
    """Return the elements with every number as text with two decimals, as they are printed."""
    told, margin = shown.told, shown.told.margin
    return {
        "edition": str(shown.edition.id),
        "year": shown.edition.year,
        "criteria": [
            {"code": code, "name": shown.criteria[code], "weight": written(weight)}
            for code, weight in told.rules.weights.items()
        ],
        "jury_weight": written(told.jury_weight),
        "turnout": {"roll": told.roll, "cast": told.cast, "quorum": told.rules.quorum, "met": told.quorum_met},
        "awards": [
            {
                "prize": award.prize.value,
                "winners": [shown.name(one) for one in award.winners],
                "basis": award.basis.value,
                "step": award.step.value,
            }
            for award in told.awards
        ],
        "nominees": [
            {
                "place": each["place"],
                "number": each["number"],
                "name": each["name"],
                "criteria": {
                    code: {"score": written(cell["score"]), "contribution": written(cell["contribution"])}
                    for code, cell in zip(told.rules.weights, each["cells"], strict=False)
                },
                "jury": written(each["row"].jury),
                "jury_part": written(each["row"].jury_part),
                "members": None if each["row"].members is None else written(each["row"].members),
                "members_part": written(each["row"].members_part),
                "total": written(each["row"].total),
            }
            for each in shown.table()
        ],
        "margin": margin
        and {
            "total": written(margin.margin),
            "criteria": {code: written(value) for code, value in margin.by_criterion.items()},
            "members": written(margin.by_members),
        },
        "stays_without": told.stays_without,
        "called_decisive": told.called_decisive,
    }


def elements_rows(shown: Shown) -> tuple[Sequence[Field], Iterator[list[Any]]]:
    """Return the same as a table: one row per nominee, one column per figure."""
    names = [shown.criteria[code] for code in shown.told.rules.weights] if shown.told.panel else []
    labels = [
        _("Place"),
        _("Nominee"),
        *(
            label
            for name in names
            for label in (_("%(name)s: score", name=name), _("%(name)s: contribution", name=name))
        ),
        _("Jury"),
        _("Part of the jury"),
        _("Members"),
        _("Part of the members"),
        _("Total"),
    ]
    return [Field(label) for label in labels], _rows(shown)


def _rows(shown: Shown) -> Iterator[list[Any]]:
    for each in shown.table():
        row = each["row"]
        cells = [cell[what] for cell in each["cells"] for what in ("score", "contribution")]
        figures = [*cells, row.jury, row.jury_part, row.members, row.members_part, row.total]
        yield [each["place"], each["name"], *(None if one is None else Decimal(one) / HUNDRED for one in figures)]
