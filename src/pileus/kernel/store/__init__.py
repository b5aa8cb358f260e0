"""The database: transactions, tables, migrations."""
