"""When can something be booked? Pure Python over integers, standard library only.

An instant is an ``int``: whole UTC minutes since 1970-01-01 00:00. A span is a half-open pair of them,
``(start, end)``. Durations are elapsed minutes. "Now" is always an argument. `slots.find_slots` and
`slots.find_refusal` agree on every minute.
"""
