"""Papers to take away, written when they are asked for from what the snapshot holds: dossiers, bulletins, the list by provision."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from dashboard.help import bulletin, dossier
from dashboard.help.documents import MEDIA, WRITERS, Section
from dashboard.presenters import csv_export, current_snapshot
from dashboard.presenters.translations import say
from dashboard.web.rate_limit import problem
from dashboard.web.snapshot_files import Lang, Published, asked_site
from store.text.query import file_stem


def dossier_paper(request: Request, snapshot: Published, lang: Lang, of: str = "site") -> Response:
    """The dossier of a site as docx, pdf or txt; `of` operator or cluster: of its operator, or of the sites linked with it."""
    form, kind = request.path_params["paper"], of if of in ("operator", "cluster") else ""
    subject = dossier.subject_of(snapshot, asked_site(request), kind) if form in WRITERS else None
    if subject is None:
        return problem(404, say(lang, "api.not_found"), say(lang, "sentence.unlisted"))
    title, sections, _ = dossier.dossier(
        snapshot, subject, lang, current_snapshot.now(current_snapshot.facts(snapshot))
    )
    return _paper(form, title, sections, f"dossier-{of if kind else 'site'}-{file_stem(asked_site(request))}")


def bulletin_paper(request: Request, snapshot: Published, lang: Lang) -> Response:
    """The bulletin of a finished week or month as docx, pdf or txt; `latest` is the newest."""
    form, asked = request.path_params["paper"], request.path_params["bulletin"]
    known = bulletin.ids(snapshot)
    id_ = known[0] if asked == "latest" and known else asked
    told = bulletin.facts_of(snapshot, id_) if form in WRITERS else None
    if told is None:
        return problem(404, say(lang, "api.no_file"))
    return _paper(form, *bulletin.paper(told, lang, bool(snapshot.manifest.get("demo"))), id_)


def provisions(request: Request, snapshot: Published, lang: Lang) -> Response:
    """Every published finding by the provision it touches, as CSV: the list an authority would go through."""
    data = csv_export.csv_bytes(
        bulletin.provision_rows(bulletin.provisions(snapshot)), bulletin.PROVISION_COLUMNS
    )
    return _file(data, "text/csv", f"provisions-{snapshot.id}.csv")


def _paper(form: str, title: str, sections: list[Section], stem: str) -> Response:
    return _file(WRITERS[form](title, sections), MEDIA[form], f"{stem}.{form}")


def _file(data: bytes, media_type: str, name: str) -> Response:
    return Response(
        data, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
