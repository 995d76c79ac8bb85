CODES = {
    401: {"invalid_ticket": "a ticket for `/stream/` that is unknown, was used, or is older than a minute"},
    429: {"too_many_streams": "too many pages of one account or address are open for live updates"},
    503: {"streaming_unavailable": "live updates do not run here: ask `/api/changes`"},
}
