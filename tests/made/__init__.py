"""Pictures for tests and for the demo, drawn and tagged by code: nothing here comes from anyone else's files."""
