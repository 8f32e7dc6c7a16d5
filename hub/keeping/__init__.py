"""What is kept and what is forgotten: backup and restore, erasure by law, the purge."""
