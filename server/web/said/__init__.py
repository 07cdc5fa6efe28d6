"""What is said of each error code, in English and Vietnamese, and which HTTP status it has: a file for each room."""

from server.web.said import access, base, codes, persons, places, tracing, visits

SAID: dict[str, tuple[int, str, str]] = {
    **base.SAID,
    **codes.SAID,
    **persons.SAID,
    **visits.SAID,
    **places.SAID,
    **tracing.SAID,
    **access.SAID,
}
