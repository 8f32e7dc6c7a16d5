"""Facts follow their customers: whatever is merged, taken apart, taken back or corrected, each purchase is posted once, to whom its order belongs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from connectors.contract import Operation, Outcome, Page, Remote, Representation, ResourceManifest
from hub.config.sections.loyalty import Loyalty
from hub.config.settings import Route
from hub.language.refused import Refused
from hub.storage import links as link_rows
from hub.storage import unions, views
from hub.storage.tables import delivery
from hub.sync import manual, uniting
from hub.sync.poll import poll
from tests.property.vendors import FakeConnector, Traits
from tests.property.world import World, person

WHOLE = {view: Representation() for view in ("list", "fetch", "answer")}
ORDERS = """
system: till
entity: order
resource: orders
id: id
fields:
  customer: {remote: buyer, as: {ref: customer}}
  channel:  {read: "'online'", as: text}
  status:   {remote: status}
  paid:     {remote: paid, as: utc_time}
  total:    {remote: total, as: money}
  lines:
    remote: rows
    key: [sku]
    each:
      sku:      {remote: sku}
      quantity: {remote: count, as: decimal}
      price:    {remote: price, as: money}
      sum:      {remote: sum, as: money}
---
system: till
entity: order
resource: receipts
id: id
fulfils: order
fields:
  customer: {remote: buyer, as: {ref: customer}}
  channel:  {read: "'online'", as: text}
  paid:     {remote: paid, as: utc_time}
  total:    {remote: total, as: money}
  lines:
    remote: rows
    key: [sku]
    each:
      sku:      {remote: sku}
      quantity: {remote: count, as: decimal}
      price:    {remote: price, as: money}
      sum:      {remote: sum, as: money}
---
system: programme
entity: loyalty_operation
resource: retail
id: id
hub_key: key
requires: [customer, lines]
fields:
  kind:     {remote: kind, as: {purchase: purchase, return: return}}
  customer: {remote: customer, as: {ref: customer}}
  purchase: {remote: sale, as: {ref: loyalty_operation}}
  after:    {remote: after, as: {ref: loyalty_operation}}
  lines:
    remote: items
    key: [key]
    each:
      key:      {remote: ext}
      quantity: {remote: count, as: decimal}
      sum:      {remote: sum, as: money}
"""
MUG = 100


class Till(FakeConnector):
    """A till with people, orders and receipts."""

    def __init__(self, world, vendor, die):
        super().__init__(vendor, die=die)
        self.world = world
        documents = ResourceManifest(entity="order", operations={}, representations=WHOLE, writable=False, incremental=False)
        self.manifest = replace(self.manifest, resources={**self.manifest.resources, "orders": documents, "receipts": documents})

    def changes(self, resource, cursor):
        if resource in self.world.documents:
            return iter([Page([Remote(ident, dict(data), "list") for ident, data in self.world.documents[resource].items()], {}, True)])
        return super().changes(resource, cursor)

    def fetch(self, resource, ids):
        if held := self.world.documents.get(resource):
            return [Remote(ident, dict(held[ident])) for ident in ids if ident in held]
        return super().fetch(resource, ids)


class Programme(FakeConnector):
    """A loyalty programme: what is posted has to belong to the customer to whom it is posted, at that moment."""

    def __init__(self, world, vendor, die):
        super().__init__(vendor, die=die)
        self.world = world
        retail = ResourceManifest(entity="loyalty_operation", operations={"create": Operation("findable")}, representations=WHOLE, fact=True, one_by_one=True, listed=False)  # fmt: skip
        self.manifest = replace(self.manifest, resources={**self.manifest.resources, "retail": retail})

    def changes(self, resource, cursor):
        return iter([Page([], {}, True)]) if resource == "retail" else super().changes(resource, cursor)

    def write(self, resource, writes):
        return [self._post(write) for write in writes] if resource == "retail" else super().write(resource, writes)

    def _post(self, write):
        if self.down:
            return super().write("retail", [write])[0]
        assert write.key not in self.world.posted, "posted twice"
        fact = next(one for one in self.world.records("loyalty_operation") if one.id == write.key)
        order = next(one for one in self.world.records("order") if one.id == fact.data["order"])
        owner = self.world.link("programme", write.data["customer"])
        if write.data["kind"] == "purchase":
            assert (owner.role, owner.record_id) == ("primary", order.data["customer"]), "to somebody else"
        self.world.posted[write.key] = owner.record_id
        return Outcome(Remote(f"r-{write.key}", {**write.data, "id": f"r-{write.key}", "key": write.key}, "answer"))


class Shop(World):
    """People of a till and a programme; ``orders``, ``receipts``: id -> what the till holds."""

    def __init__(self) -> None:
        self.orders, self.receipts, self.posted = {}, {}, {}
        self.documents = {"orders": self.orders, "receipts": self.receipts}
        super().__init__({"till": Traits(), "programme": Traits()}, extra=ORDERS, loyalty=Loyalty("2020-01-01"))

    def _with_systems(self, names, more):
        found = super()._with_systems(names, more)
        more = {"order": (Route("till", take=False),), "loyalty_operation": (Route("programme", give=False),)}
        return replace(found, routes=dict(found.routes) | more)

    def connector(self, name, die):
        return (Till if name == "till" else Programme)(self, self.vendors[name], die)

    def poll(self, system):
        return sum(poll(self.hub, system, resource) for resource in self.hub.resources(system))

    def sells(self, buyer, count):
        ident = f"o-{len(self.orders) + 1}"
        self.orders[ident] = {"id": ident, "buyer": buyer, "status": "done", "paid": "2026-11-30T10:00:00Z"}
        self.counts(ident, count)

    def counts(self, ident, count):
        row = {"sku": "mug", "count": str(count), "price": str(MUG), "sum": str(MUG * count)}
        self.orders[ident] |= {"rows": [row] if count else [], "total": str(MUG * count), "status": "done" if count else "cancelled"}

    def quiet_but_for_the_programme(self):
        self.poll("till")
        while self.take():
            pass

    def astray(self):
        """Purchases that are posted to nobody yet and name another than their order does."""
        orders = {one.id: one.data.get("customer") for one in self.records("order")}
        facts = [one for one in self.records("loyalty_operation") if one.data["kind"] == "purchase" and one.id not in self.posted]
        return [one.id for one in facts if one.data.get("customer") != orders[one.data["order"]]]

    def net(self):
        """Order of the till -> roubles posted and not returned."""
        found = dict.fromkeys(self.orders, 0.0)
        names = {link.record_id: link.external_id for link in self.links() if link.entity == "order"}
        for one in self.records("loyalty_operation"):
            assert one.id in self.posted, "waits for ever"
            amount = sum(float(line["sum"]) for line in one.data["lines"])
            found[names[one.data["order"]]] += amount if one.data["kind"] == "purchase" else -amount
        return found


ACTS = st.tuples(
    st.sampled_from(["sell", "sell", "count", "merge", "merge", "split", "undo", "correct", "away", "work"]),
    st.integers(0, 5),
    st.integers(0, 3),
)


AWAY = ("away", 0, 0)


@example([AWAY, ("sell", 0, 1), ("merge", 1, 0), ("undo", 0, 0)])
@example([AWAY, ("sell", 0, 1), ("merge", 1, 0), ("sell", 0, 1), ("split", 0, 0), ("undo", 0, 0)])
@example([AWAY, ("sell", 0, 1), ("correct", 0, 1), ("merge", 2, 1)])
@example([("sell", 0, 1), ("work", 0, 0), ("merge", 1, 0), ("count", 0, 1), ("split", 0, 0), ("count", 0, 0)])
@settings(max_examples=8, deadline=None)
@given(st.lists(ACTS, min_size=4, max_size=14))
def test_each_purchase_is_posted_once_and_to_whom_its_order_belongs(acts):
    shop = Shop()
    try:
        people = known(shop, 3)
        for what, one, other in acts:
            _act(shop, people, what, one, other)
            shop.quiet_but_for_the_programme()
            assert shop.astray() == [], what
        shop.connectors["programme"].down = False
        shop.quiet()
        assert shop.net() == {ident: sum(float(row["sum"]) for row in order["rows"]) for ident, order in shop.orders.items()}
    finally:
        shop.close()


@pytest.fixture
def shop():
    made = Shop()
    yield made
    made.close()


def known(shop, count=2):
    people = [shop.vendors["till"].user_makes(person(number)).id for number in range(count)]
    shop.quiet()
    return people


def test_a_receipt_that_joins_its_order_after_it_was_posted_is_not_posted_again(shop):
    anna, _ = known(shop)
    row = {"sku": "mug", "count": "1", "price": "100", "sum": "100"}
    shop.receipts["r-1"] = {"id": "r-1", "buyer": anna, "paid": "2026-11-30T10:00:00Z", "rows": [row], "total": "100", "order": None}
    shop.quiet()
    assert len(shop.posted) == 1
    shop.sells(anna, 1)
    shop.orders["o-1"] |= {"paid": None, "status": "new"}
    shop.quiet()
    shop.receipts["r-1"]["order"] = "o-1"
    shop.orders["o-1"] |= {"paid": "2026-11-30T10:00:00Z", "status": "done"}
    shop.quiet()
    (fact,) = shop.records("loyalty_operation")
    (order,) = [one for one in shop.records("order") if not one.merged_into]
    assert fact.data["order"] == order.id and len(shop.posted) == 1


def test_a_customer_named_by_hand_is_the_one_that_is_left_after_a_merge(shop):
    anna, olga = known(shop)
    shop.sells(anna, 1)
    shop.connectors["programme"].down = True
    shop.quiet_but_for_the_programme()
    kept, other = (shop.link("till", thing).record_id for thing in (anna, olga))
    (order,) = shop.records("order")
    manual.set_field(shop.hub, order.id, "customer", other, actor="olga")
    assert shop.astray() == []
    uniting.merge(shop.hub, kept, other, actor="olga")
    (order,), (fact,) = shop.records("order"), shop.records("loyalty_operation")
    assert order.data["customer"] == fact.data["customer"] == kept


def refused_buyer(shop):
    """(somebody whom the programme refuses, and who has bought, as the till knows her; the programme)"""
    known(shop, 0)
    programme = shop.vendors["programme"]
    programme.traits = replace(programme.traits, refuses=frozenset({"no"}), names_field=False)
    anna = shop.vendors["till"].user_makes(person(1) | {"note": "no"}).id
    shop.sells(anna, 1)
    return anna, programme


def test_a_purchase_of_somebody_who_was_refused_is_not_looked_at_again_and_again_and_goes_once_they_are_there(shop):
    anna, _ = refused_buyer(shop)
    for _ in range(5):
        shop.quiet_but_for_the_programme()
        shop.drain("programme")
        shop.expire()
        shop.clock.advance(10.0)
    assert sorted(state for system, _, state, *_ in shop.deliveries() if system == "programme") == ["dead", "waiting"]
    with shop.hub.store.read() as at:
        assert views.stuck(at) == 1
        (due,) = at.execute(select(delivery.c.next_attempt_at).where(delivery.c.state == "waiting")).scalars()
    assert due > shop.clock.now + 600
    shop.vendors["till"].user_edits(anna, "note", "yes")
    shop.quiet_but_for_the_programme()
    shop.drain("programme")
    shop.drain("programme")
    assert list(shop.posted) == [one.id for one in shop.records("loyalty_operation")], "at once"


def test_and_once_they_turn_out_to_be_there(shop):
    """Made in the programme by its own people: nobody writes to it then."""
    _, programme = refused_buyer(shop)
    shop.quiet_but_for_the_programme()
    for _ in range(2):
        shop.drain("programme")
    with shop.hub.store.read() as at:
        assert views.stuck(at) == 1
    programme.user_makes(person(1) | {"note": "no"})
    shop.poll("programme")
    shop.quiet_but_for_the_programme()
    for _ in range(2):
        shop.drain("programme")
    assert list(shop.posted) == [one.id for one in shop.records("loyalty_operation")]


def _act(shop, people, what, one, other):
    orders = list(shop.orders)
    if what == "sell":
        shop.sells(people[one % 3], 1 + other)
    elif what == "count" and orders:
        shop.counts(orders[one % len(orders)], other)
    elif what == "correct" and orders:
        shop.orders[orders[one % len(orders)]]["buyer"] = people[other % 3]
    elif what == "away":
        shop.connectors["programme"].down = not shop.connectors["programme"].down
    elif what == "work":
        shop.drain("programme")
    elif what in ("merge", "split", "undo"):
        try:
            _turn_over(shop, what, people[one % 3], people[other % 3])
        except Refused:
            pass
    shop.clock.advance(1.0)


def _turn_over(shop, what, one, other):
    """A person makes two records one, takes one apart, or takes the last such step back."""
    records = [shop.link("till", thing).record_id for thing in (one, other)]
    with shop.hub.store.read() as at:
        steps, mine = unions.steps(at), link_rows.by_records(at, records[:1])[records[0]]
    if what == "merge":
        uniting.merge(shop.hub, *records, actor="olga")
    elif what == "split":
        uniting.split(shop.hub, records[0], [x.id for x in mine if x.external_id == one], actor="olga")
    elif steps:
        uniting.undo(shop.hub, steps[0]["id"], actor="olga")
