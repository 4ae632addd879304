"""The part of the site page about malls: whose the filing and the certificate are, or the merchants of a mall."""

from __future__ import annotations

from dashboard import malls, verdict
from dashboard.view import View, cell, row
from store.names import host_part


def mall(view: View, host: str) -> None:
    """Nothing for an ordinary site."""
    unit = malls.unit_of(host)
    if unit == "merchant":
        view.note(view.t("mall.merchant_note", mall=host_part(host)))
        view.html(
            "linkline.html",
            href=view.link("site", host=host_part(host)),
            words=view.t("mall.to_mall", mall=host_part(host)),
        )
    elif unit == "mall":
        view.heading(view.t("mall.merchants"), view.t("mall.merchants_note"))
        found = [verdict.card(rating, view.lang) for rating in view.ask(malls.merchants, host)]
        if not found:
            view.note(view.t("mall.no_merchants"))
            return
        view.table(
            [
                view.t("rank.verdict"),
                view.t("mall.merchant"),
                view.t("card.warning"),
                view.t("card.drop_rate"),
            ],
            [
                row(
                    cell(card.word, state=card.code, soft=view.t("card.as_of", date=card.as_of)),
                    cell(card.name, href=view.link("site", host=card.host), soft=card.host),
                    cell(card.warning),
                    cell(card.drop_rate),
                )
                for card in found
            ],
        )
