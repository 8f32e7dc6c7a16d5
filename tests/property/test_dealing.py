"""Laws of dealing: even means even, whoever was dealt to before, whoever is full, and whoever is away."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from hub.calling.dealing import Seller, Undealt, deal, to_be_dealt_again

STORES = ("lenina", "mega")
NAMES = ("anna", "boris", "vera", "gleb")
SELLERS = st.dictionaries(st.sampled_from(NAMES), st.tuples(st.sampled_from(STORES), st.integers(0, 6), st.integers(0, 6)), max_size=4)
WANTED = st.lists(st.tuples(st.sampled_from(STORES), st.sampled_from((*NAMES, "", "gone"))), max_size=20)


def made(sellers, wanted):
    staff = [Seller(name, *of) for name, of in sellers.items()]
    tasks = [Undealt(f"t{i}", store, former) for i, (store, former) in enumerate(wanted)]
    return staff, tasks, deal(tasks, staff)


@given(SELLERS, WANTED)
def test_a_task_goes_to_a_seller_of_its_store_who_has_room(sellers, wanted):
    staff, tasks, dealt = made(sellers, wanted)
    of = {one.name: one for one in staff}
    assert all(of[dealt[task.ident]].store == task.store for task in tasks if task.ident in dealt)
    assert all(count <= of[name].room for name, count in Counter(dealt.values()).items())


@given(SELLERS, WANTED)
def test_nobody_with_room_has_less_by_two_than_who_was_given_one(sellers, wanted):
    staff, _, dealt = made(sellers, wanted)
    given_to = Counter(dealt.values())
    for one in staff:
        for other in staff:
            if one.store == other.store and given_to[one.name] and given_to[other.name] < other.room:
                assert one.held + given_to[one.name] <= other.held + given_to[other.name] + 1


@given(SELLERS, WANTED)
def test_no_task_waits_while_a_seller_of_its_store_has_room(sellers, wanted):
    staff, tasks, dealt = made(sellers, wanted)
    given_to = Counter(dealt.values())
    full = {store for store in STORES if all(given_to[one.name] == one.room for one in staff if one.store == store)}
    assert all(task.ident in dealt or task.store in full for task in tasks)


@given(SELLERS, WANTED)
def test_a_former_seller_with_a_share_left_gets_his_own(sellers, wanted):
    """Nobody else's customer stands in his share while one of his own went to another."""
    staff, tasks, dealt = made(sellers, wanted)
    for one in staff:
        own = [t for t in tasks if t.former == one.name and t.store == one.store and t.ident in dealt]
        strangers = [t for t in tasks if t.former != one.name and dealt.get(t.ident) == one.name]
        assert not strangers or all(dealt[t.ident] == one.name for t in own)


@given(st.lists(st.tuples(st.sampled_from(("ask", "close", "leave", "return")), st.integers(0, 3)), max_size=40))
def test_over_a_day_open_tasks_differ_by_at_most_one_and_what_was_closed(steps):
    """Whatever is asked, closed, and whoever leaves and comes back: two sellers who were there all day."""
    staff, here, closed, number = list(NAMES), set(NAMES), Counter(), 0
    tasks: dict[str, str] = {}
    stayed = set(NAMES)
    for what, which in steps:
        name = staff[which]
        if what == "ask":
            number += 1
            tasks[f"t{number}"] = ""
        elif what == "close" and (mine := sorted(t for t, who in tasks.items() if who == name)):
            del tasks[mine[0]]
            closed[name] += 1
        elif what == "leave" and len(here) > 1:
            here.discard(name)
            stayed.discard(name)
        elif what == "return":
            here.add(name)
        for ident in to_be_dealt_again(tasks, here):
            tasks[ident] = ""
        held = Counter(tasks.values())
        tasks |= deal([Undealt(t, "lenina") for t, who in tasks.items() if not who], [Seller(n, "lenina", held[n]) for n in sorted(here)])
    held = Counter(tasks.values())
    assert all(who in here for who in tasks.values())
    for one in stayed:
        for other in stayed:
            assert held[one] - held[other] <= 1 + closed[other]
