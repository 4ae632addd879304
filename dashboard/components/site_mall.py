"""The part of the site page about malls: whose the filing and the certificate are, or the merchants of a mall."""

from __future__ import annotations

from dashboard.components.page_context import View, cell, row
from dashboard.presenters import mall_merchants, verdict_card
from store.text.query import host_part


def mall(view: View, host: str) -> None:
    """Nothing for an ordinary site."""
    unit = mall_merchants.unit_of(host)
    if unit == "merchant":
        view.note(view.translate("mall.merchant_note", mall=host_part(host)))
        view.html(
            "linkline.html",
            href=view.link("site", host=host_part(host)),
            words=view.translate("mall.to_mall", mall=host_part(host)),
        )
    elif unit == "mall":
        view.heading(view.translate("mall.merchants"), view.translate("mall.merchants_note"))
        found = [
            (verdict_card.card(rating, view.lang), rating)
            for rating in view.cached_query(mall_merchants.merchants, host)
        ]
        if not found:
            view.note(view.translate("mall.no_merchants"))
            return
        view.table(
            [
                view.translate("rank.verdict"),
                view.translate("mall.merchant"),
                view.translate("card.warning"),
                view.translate("card.drop_rate"),
            ],
            [
                row(
                    cell(card.word, state=card.code, soft=view.translate("card.as_of", date=card.as_of)),
                    cell(card.name, href=view.link("site", host=card.host), soft=card.host),
                    cell(card.warning),
                    cell(verdict_card.drop_line(rating, view.lang)),
                )
                for card, rating in found
            ],
        )
