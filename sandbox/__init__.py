"""Local stand-ins that speak the vendors' protocols, with their limits, quirks and faults; and the judge. Meets the hub over HTTP alone."""
