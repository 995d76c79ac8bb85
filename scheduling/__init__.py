"""When can something be booked? Pure Python over integers, standard library only.

Every instant is an ``int``: whole minutes of UTC since 1970-01-01 00:00 ("UTC minutes"). Every
span is a half-open pair of them, ``(start, end)``. Durations are elapsed minutes. "Now" is always
an argument.

    zones    wall clocks <-> UTC minutes            hours    weekly hours, overrides -> Openings
    load     booked rows -> peaks, full spans       slots    Openings - full spans -> starts
    spans    interval algebra under all of them     reasons  why a time is refused

The same few functions answer "which times are offered?" (`slots.slots`) and "may this be booked,
and if not, why?" (`slots.refusal`); they agree on every minute.
"""
