"""One folder for each vendor, and what all of them share: the contract, errors, the HTTP session, limits, redaction. A leaf: knows no hub."""
