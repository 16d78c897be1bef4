"""Datasette: https://docs.datasette.io/en/stable/performance.html. Its JSON over a file that may
change (not immutable: the others' may), no facets suggested, no access log."""
import os

from datasette.app import Datasette

app = Datasette([os.environ["DB"]],
                settings={"suggest_facets": False, "default_cache_ttl": 0, "max_returned_rows": 1000, "max_csv_mb": 0}).app()
