"""Truth: tables, migrations, and the queries over them. Takes and gives plain rows and dataclasses, and knows no vendor."""
