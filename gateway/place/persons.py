"""Who was here on one day, by keyed hashes: the table that the server counts on too."""

from presence.persons import Persons as Persons
