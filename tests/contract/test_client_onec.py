"""An independent client, python-1c-odata, against the stand-in of 1C: its code unchanged, its address by its options."""

from __future__ import annotations

import pytest
from python_1c_odata import Infobase
from python_1c_odata.catalog import Catalog
from python_1c_odata.document import Document
from python_1c_odata.errors import AccessDenied, ConcurrencyError, EntityNotFound, ODataError
from python_1c_odata.posting import PostingMode

from sandbox.frame.server import running
from sandbox.onec.app import LOGIN, PASSWORD, Onec
from tests.contract.apart import finished


@pytest.fixture(scope="module")
def address():
    with running(Onec()) as url:
        yield url


def asked(address, work, password=PASSWORD, **options):
    """What ``work`` makes of a base that is open."""

    async def opened():
        async with Infobase(address, "ut", LOGIN, password, **options) as base:
            return await work(base)

    return finished(opened())


def test_partners_are_made_read_changed_counted_and_paged(address):
    async def work(base):
        partners = Catalog(base, "Партнеры")
        made = await partners.create({"Description": "Орлова Мария", "ЮрФизЛицо": "ЧастноеЛицо"})
        await partners.edit(made["Ref_Key"], {"Комментарий": "Звонить утром"})
        shown = await partners.get(made["Ref_Key"])
        found = await partners.query(odata_filter="Description eq 'Орлова Мария'", select=["Ref_Key", "Description"])
        everybody = [row["Ref_Key"] async for row in partners.iterate(page_size=2)]
        return made, shown, found.value, everybody, await partners.count()

    made, shown, found, everybody, count = asked(address, work)
    assert (shown["Description"], shown["Комментарий"]) == ("Орлова Мария", "Звонить утром")
    assert [row["Ref_Key"] for row in found] == [made["Ref_Key"]] and len(everybody) == len(set(everybody)) == count


def test_a_document_without_a_customer_is_not_posted_and_an_older_version_is_refused(address):
    async def work(base):
        orders = Document(base, "ЗаказКлиента")
        made = await orders.create({"Date": "2026-03-04T12:00:00", "Комментарий": "Позвонить"})
        await orders.edit(made["Ref_Key"], {"Комментарий": "Позвонить утром"}, if_match=made["DataVersion"])
        with pytest.raises(ConcurrencyError):
            await orders.edit(made["Ref_Key"], {"Комментарий": "Нет"}, if_match=made["DataVersion"])
        with pytest.raises(ODataError) as refused:  # it has no customer
            await orders.post(made["Ref_Key"], PostingMode.POST)
        return refused.value.status

    assert asked(address, work) == 500


def test_an_object_is_written_anew_and_a_document_is_posted_and_taken_back(address):
    async def work(base):
        partners, orders = Catalog(base, "Партнеры"), Document(base, "ЗаказКлиента")
        made = await partners.create({"Description": "Седова Анна", "ЮрФизЛицо": "ЧастноеЛицо", "Комментарий": "старое"})
        await partners.replace(made["Ref_Key"], {"Description": "Орлова Анна", "ЮрФизЛицо": "ЧастноеЛицо"})
        whole = await partners.get(made["Ref_Key"])
        template = (await orders.query()).value[0]
        named = {name: value for name, value in template.items() if name.endswith("_Key") and name not in ("Ref_Key", "Партнер_Key")}
        firm = await Catalog(base, "Контрагенты").create({"Description": "Орлова Анна", "Партнер_Key": made["Ref_Key"]})
        order = await orders.create(
            named | {"Date": "2026-03-04T12:00:00", "Партнер_Key": made["Ref_Key"], "Контрагент_Key": firm["Ref_Key"]}
        )
        posted = []
        for step in (lambda: orders.post(order["Ref_Key"], PostingMode.POST), lambda: orders.unpost(order["Ref_Key"])):
            await step()
            posted.append((await orders.get(order["Ref_Key"]))["Posted"])
        await partners.delete(made["Ref_Key"])
        with pytest.raises(EntityNotFound):
            await partners.get(made["Ref_Key"])
        return whole, posted

    whole, posted = asked(address, work)
    assert (whole["Description"], whole["Комментарий"], posted) == ("Орлова Анна", "", [True, False])


def test_refusals_are_the_clients_own_errors(address):
    async def missing(base):
        await Catalog(base, "Партнеры").get("0d5f3c1e-77aa-4d57-8c35-5b8b0f6b1c10")

    async def unpublished(base):
        await Catalog(base, "Нет").query()

    for work in (missing, unpublished):
        with pytest.raises(EntityNotFound):
            asked(address, work)
    with pytest.raises(ODataError) as refused:
        asked(address, unpublished, password="wrong")
    assert refused.value.status == 401 and not isinstance(refused.value, AccessDenied)
