"""Words for states, modes, roles and actions, as messages of the catalogues."""

from __future__ import annotations

from hub.language import N_

WORDS = {
    # deliveries
    "pending": N_("queued"),
    "leased": N_("being written"),
    "waiting": N_("waiting"),
    "retrying": N_("retrying"),
    "unknown": N_("being looked up"),
    "dead": N_("failed"),
    "done": N_("delivered"),
    "skipped": N_("not passed on"),
    "open": N_("not finished"),
    "any": N_("all"),
    # sentences
    "agrees": N_("agrees"),
    "differs": N_("differs"),
    "waits": N_("waits"),
    "failed": N_("failed"),
    "not_passed": N_("not passed on"),
    "queued": N_("queued"),
    "read_only": N_("only read from"),
    # plans
    "creates": N_("would be created"),
    "changes": N_("would be changed"),
    "linked": N_("agree already"),
    "not_passed_on": N_("not passed on"),
    "refused": N_("cannot be written"),
    "being_written": N_("being written"),
    "ambiguous": N_("to be decided"),
    # squares of the overview
    "ok": N_("in agreement"),
    "moving": N_("under way"),
    "failing": N_("needs a person"),
    "loading": N_("first load"),
    "stale": N_("not heard of"),
    "off": N_("takes no part"),
    # systems
    "live": N_("live"),
    "observe": N_("observing"),
    "pilot": N_("pilot"),
    "paused": N_("paused"),
    "away": N_("no connection"),
    # roles
    "viewer": N_("viewer"),
    "support": N_("support"),
    "admin": N_("administrator"),
    # links
    "primary": N_("primary"),
    "alias": N_("alias, only read"),
    "fulfilment": N_("fulfils the order"),
    "creating": N_("being created"),
    "archived": N_("in the archive"),
    "gone": N_("deleted there"),
    "out_of_scope": N_("out of scope"),
    "stand_in": N_("stand-in"),
    # actions
    "said": N_("changed there"),
    "write": N_("written by the hub"),
    "first": N_("first seen by the hub"),
    "write.intent": N_("about to be written"),
    "write.outcome": N_("answer"),
    "operator.replay": N_("replayed"),
    "operator.skip": N_("skipped by a person"),
    "operator.mode": N_("mode changed"),
    "operator.pilot": N_("pilot chosen"),
    "operator.pause": N_("paused by a person"),
    "operator.resume": N_("resumed"),
    "operator.check": N_("checked"),
    "operator.user": N_("person changed"),
    "operator.sign_in": N_("signed in"),
    "operator.backfill": N_("load begun again"),
    "operator.directory": N_("directory changed"),
    "replay": N_("replayed"),
    "skip": N_("skipped by a person"),
    "operator.acknowledge": N_("taken care of"),
    "operator.alert_test": N_("test message sent"),
    # messages of alerts
    "opened": N_("beginning"),
    "closed": N_("end"),
    "sending": N_("being sent"),
    "sent": N_("sent"),
    "dropped": N_("not needed any more"),
    # what waits for a person
    "duplicates": N_("Possible duplicates"),
    "conflicts": N_("Conflicts"),
    "field_problems": N_("Values not understood"),
    "parked": N_("Unread objects"),
}
