"""The keys: opening seals, data keys per day and class, pseudonyms; in this process or one of its own."""
