"""Why somebody who looks new got no welcome points."""

from __future__ import annotations

from hub.language import N_, Speech
from hub.sync.welcome import THERE, told_before

THERE_BEFORE = {
    "phone": N_("No welcome points: this phone was in the programme already, since %(day)s."),
    "email": N_("No welcome points: this e-mail address was in the programme already, since %(day)s."),
    "card": N_("No welcome points: this card was in the programme already, since %(day)s."),
    "": N_("No welcome points: a record that was one with this one was in the programme already, since %(day)s."),
}
KNOWN_BEFORE = {
    "phone": N_("No welcome points: this phone is known since %(day)s, before the programme began."),
    "email": N_("No welcome points: this e-mail address is known since %(day)s, before the programme began."),
    "card": N_("No welcome points: this card is known since %(day)s, before the programme began."),
    "": N_("No welcome points: a record that was one with this one is known since %(day)s, before the programme began."),
}
ONCE = N_("They are given once for ever. If this is another person, give them in the programme by hand.")


def why(cause: str, say: Speech) -> str:
    """One sentence or two for people, by the ``cause`` of an audit row ``welcome.withheld``."""
    met = told_before(cause)
    return f"{say((THERE_BEFORE if met.how == THERE else KNOWN_BEFORE)[met.kind], day=say.day(met.at))} {say(ONCE)}"
