"""The core: the only package that sees connectors, mappings and the retry queue. Its layers are in docs/architecture.md."""
