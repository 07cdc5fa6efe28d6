"""Who is who across documents, and when what is known of them ends. Pure: no SQL, no HTTP."""
