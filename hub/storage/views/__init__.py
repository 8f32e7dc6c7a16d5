"""The read side of the dashboard, the CLI and the API: questions asked of the tables, answered as plain values."""

from hub.storage.views.deliveries import REPLAYABLE, STATES, UNFINISHED, failed_naming, open_ids, queue, queue_count, stuck
from hub.storage.views.lists import conflicts, duplicates, in_doubt, parked_objects, people
from hub.storage.views.log import audit_blocks, audit_rows, audit_since, sealed
from hub.storage.views.overview import Cell, held, linked, matrix, problems, systems, undecided
from hub.storage.views.records import data_of, days_of, entities_of, holding, record_page, search, stands_in, titles

__all__ = [
    "Cell",
    "REPLAYABLE",
    "STATES",
    "UNFINISHED",
    "audit_blocks",
    "audit_rows",
    "audit_since",
    "conflicts",
    "data_of",
    "days_of",
    "duplicates",
    "entities_of",
    "failed_naming",
    "held",
    "holding",
    "in_doubt",
    "linked",
    "matrix",
    "open_ids",
    "parked_objects",
    "people",
    "problems",
    "queue",
    "queue_count",
    "record_page",
    "sealed",
    "search",
    "stands_in",
    "stuck",
    "systems",
    "titles",
    "undecided",
]
