"""The way of a change, by stages: each stage takes a batch and hands one on, and only the rim of it reads, writes or calls.

Look: what a system shows becomes rows of the inbox.
    poll, news, vanished            what changed since the cursor, and what a list does not show any more
    first_load, lists               everything, before anything of it is identified; the vendors' own short lists
    rounds, exchanging              vendors whose files are fetched, or brought

Take in: rows of the inbox become edits of links, in one transaction for a batch.
    intake, absorb, batch           the batch; hints are fetched first
    familiar, observe, rules        objects that links know; observe is **read**, the first pure function
    intent, late_refusals           what became of writes of which the answer was lost
    floor, losses, vendor_time      edits that no hub could order, objects that are gone, times as the vendor tells them
    follow, context                 what the batch turned out to lack, and what mappings ask of the hub

Identify: objects that no link knows.
    strangers, candidates, verdict  the way through the questions below, and its end
    identify, goods, one_call       by match keys: people, products and stock, calls
    adopted, evidence, references   by cross-references, where the rest bears them out
    fulfilment, copies, recognised  receipts that add to an order, another base's copies, facts that name nobody
    nobody, erased                  customers that mean nobody, and those who were erased
    late_keys, uniting, vendor_merge  records made one, or two again, afterwards
    stocks                          and the stocks of joined products with them

Merge: records from all that links say.
    merging, said, statement        the rows around it, and the words in which it speaks
    merge, consents, stages, course  merge is the second pure function; fields with rules of their own
    asked, contacts, known, memberships, own_number, paid, returned, shelf, sums
                                    what is derived from a record or from others
    search_keys, questions, heard   what is found by it, and when a store was last heard of
    manual, revisions, rethought    what people set, and what a change of the mappings would make of records

Plan: what a record owes a system.
    plan, draft, told, undecided    plan is **project**, the third pure function
    lacking, aliases, alone         whom it must wait for, a record's further objects, what stands in an object alone
    realms, pilot                   what a system may see of the shop, and what is written while it is tried

Write: deliveries.
    deliver, target, looking        claimed, and looked at again
    beforehand, made, effects       does it exist already; what would a write set off
    writing, outcomes, endings      the call, and what came of it
    welcome                         whom a system knows already, by whatever key they ever had
    faults                          exceptions in a connector's own code, here and where it reads
    gate, scale, weigher, runs      what is counted and held back for a person
    ledger, places, posting, following  facts of the loyalty

After a restore.
    rebuild, recovered, forms
"""
