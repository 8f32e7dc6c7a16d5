"""CommerceML 2 with the hub as the site: 1C calls, brings files and fetches orders. Only parses and builds; addresses and storage are the hub's."""
