"""Users who log in without the time that real hashing takes, and a store on either database."""

from tests.server.access.conftest import fast_hashing as fast_hashing
from tests.server.postgres import cluster as cluster
from tests.server.postgres import migrated_template as migrated_template
from tests.server.postgres import place as place
from tests.server.postgres import postgres as postgres
