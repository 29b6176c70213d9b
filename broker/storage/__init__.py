"""The only SQL: one file an aggregate, migrations, and `Storage.commit(effects)`, the one write of a request."""
