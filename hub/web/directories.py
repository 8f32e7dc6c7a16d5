"""The page "Directories": columns are systems, rows canonical values; words that nobody has mapped stand above, with suggestions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, render_template, request
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from hub.calling.staff import employees
from hub.decisions import directories as actions
from hub.decisions import directory_csv
from hub.decisions.directories import TITLES, Said, Wrong
from hub.storage import directories as rows
from hub.sync import lists
from hub.web.here import back, hub, many, needs, say, shown, t

directories = Blueprint("directories", __name__)
NEW = "+"  # in a choice of values: a new one


@directories.get("/directories")
@needs("viewer")
def listing() -> str:
    """All directories, and above them what records wait for."""
    with hub().store.read() as at:
        sheets = actions.sheets(hub(), at)
        waiting = [(sheet, twin, best) for sheet in sheets for twin, best in sheet.unmapped if twin.waiting]
        waiting.sort(key=lambda one: -one[1].waiting)
        return render_template("directories.html", sheets=sheets, waiting=waiting, titles=TITLES, new=NEW, shown=shown(at))


@directories.get("/directories/<name>")
@needs("viewer")
def one(name: str) -> str:
    with hub().store.read() as at:
        sheet = actions.sheet(hub(), at, name)
        if not sheet.values and not sheet.unmapped and name not in actions.names(hub(), at):
            abort(404)
        sure = sum(best is not None and best.sure for _, best in sheet.unmapped)
        staff = employees(hub(), at) if name == actions.EMPLOYEE else None
        stores = rows.values(at, "store") if staff is not None else ()
        cities = {value: store.city for value, store in hub().settings.stores.items()} if name == "store" else {}
        return render_template(
            "directory.html", sheet=sheet, sure=sure, titles=TITLES, new=NEW, shown=shown(at), staff=staff, stores=stores, cities=cities
        )


@directories.post("/directories/<name>/map")
@needs("support")
def map_(name: str) -> Answer:
    """Say what a word means; for a new value its title is given too. What waited goes on at once."""
    form = request.form
    value, title = form.get("value", ""), form.get("title", "").strip()[:200]
    if value == NEW:
        value = form.get("new", "").strip()[:60]
    if not value or (form.get("value") == NEW and not title):
        flash(t("Choose a value, or give a new one a name and a title."), "warning")
        return back("directories.one", name=name)
    said = Said(name, form.get("system", ""), form.get("remote", ""), value, title if form.get("value") == NEW else "")
    return _done(name, [said])


@directories.post("/directories/<name>/written")
@needs("support")
def written(name: str) -> Answer:
    """Of several words of a system, write this one."""
    form = request.form
    return _done(name, [Said(name, form.get("system", ""), form.get("remote", ""), form.get("value", ""), written=True)])


@directories.post("/directories/<name>/unmap")
@needs("support")
def unmap(name: str) -> Answer:
    """Take a mapping back: the word means nothing until it is mapped again."""
    return _done(name, [Said(name, request.form.get("system", ""), request.form.get("remote", ""), None)])


def _done(name: str, said: list[Said]) -> Answer:
    try:
        changed = actions.say(hub(), said, actor=current_user.id)
    except Wrong as error:
        flash(error.told(say()), "danger")
        return back("directories.one", name=name)
    went = actions.settle(hub(), most=actions.AT_ONCE)
    if not changed:
        flash(t("It is so already."), "info")
    elif went:
        flash(many("Saved: %(n)s record that waited goes on.", "Saved: %(n)s records that waited go on.", went), "success")
    else:
        flash(t("Saved. It counts at once."), "success")
    return back("directories.one", name=name)


@directories.post("/directories/<name>/accept")
@needs("support")
def accept(name: str) -> Answer:
    """Take every sure suggestion."""
    try:
        count = actions.accept(hub(), name, actor=current_user.id)
    except Wrong as error:
        flash(error.told(say()), "danger")
        return back("directories.one", name=name)
    actions.settle(hub(), most=actions.AT_ONCE)
    flash(many("%(n)s suggestion taken.", "%(n)s suggestions taken.", count), "success")
    return back("directories.one", name=name)


@directories.post("/directories/<name>/value")
@needs("support")
def value(name: str) -> Answer:
    """Add a value, or give one other titles."""
    form = request.form
    try:
        actions.rename(
            hub(), name, form.get("value", "").strip(), form.get("ru", "")[:200], form.get("en", "")[:200], actor=current_user.id
        )
        flash(t("Saved. It counts at once."), "success")
    except Wrong as error:
        flash(error.told(say()), "danger")
    return back("directories.one", name=name)


@directories.post("/directories/employee/about")
@needs("support")
def about() -> Answer:
    """Say of an employee where she calls, how many customers a day, and on which days she is away."""
    value, *said = (request.form.get(name, "")[:300] for name in ("value", "store", "cap", "leave"))
    try:
        news = actions.describe(hub(), value, *said, actor=current_user.id)
        flash(t("Saved. It counts at once.") if news else t("It is so already."), "success" if news else "info")
    except Wrong as error:
        flash(error.told(say()), "danger")
    return back("directories.one", name=actions.EMPLOYEE)


@directories.post("/directories/read")
@needs("support")
def read() -> Answer:
    """Ask every system for its lists now."""
    for system in hub().settings.systems:
        count = lists.read(hub(), system)
        flash(many("%(system)s: %(n)s value in its lists.", "%(system)s: %(n)s values in its lists.", count, system=system), "info")
    return back("directories.listing")


@directories.get("/directories.csv")
@needs("support")
def export() -> Any:
    """All directories, or the one that ``name`` says, as CSV for a spreadsheet."""
    name = request.args.get("name", "")
    with hub().store.read() as at:
        sheets = [actions.sheet(hub(), at, name)] if name else actions.sheets(hub(), at)
    text = "\ufeff" + "".join(directory_csv.lines(sheets))
    headers = {"Content-Disposition": f'attachment; filename="{"".join(c for c in name if c.isalnum() or c == "_") or "directories"}.csv"'}
    return Response(text, content_type="text/csv; charset=utf-8", headers=headers)


@directories.post("/directories.csv")
@needs("admin")
def bring() -> Answer:
    """Take a CSV file: the column ``value`` is what each word means."""
    file = request.files.get("file")
    try:
        text = file.read().decode("utf-8-sig") if file else ""
    except UnicodeDecodeError:
        flash(t("The file is not UTF-8: save it as “CSV UTF-8”."), "danger")
        return back("directories.listing")
    said, wrong = directory_csv.read(text)
    changed, refused = actions.bring(hub(), said, actor=current_user.id)
    actions.settle(hub(), most=actions.AT_ONCE)
    flash(many("%(n)s row changed something.", "%(n)s rows changed something.", changed), "success" if changed else "info")
    for line in [*(one.told(say()) for one in wrong), *(f"{word}: {why.told(say())}" for word, why in refused)][:20]:
        flash(line, "danger")
    return back("directories.listing")
