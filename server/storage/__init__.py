"""Where everything is kept: SQLite in the data folder by default."""
