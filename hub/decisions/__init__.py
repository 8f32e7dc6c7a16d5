"""What people decide: brakes, conflicts, duplicates, stand-ins, directories, creates whose answer was lost. Pages and commands are two faces of this."""
