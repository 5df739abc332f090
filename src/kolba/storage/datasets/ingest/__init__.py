"""From a stream of text to a profiled table: pure, without a web framework or a database.

`spool` keeps what arrives, `source` turns it into checked UTF-8 while it arrives, `dialect` and `inference` find out
what it is, `parsing` writes the Parquet, `profile` describes it. `pipeline` puts them together.
"""
