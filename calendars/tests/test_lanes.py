"""Lanes against a slow oracle, and the shape of the picture."""

from hypothesis import given
from hypothesis import strategies as st

from calendars.lanes import LanePosition, pack_lanes

SPANS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda each: (each[0], each[0] + each[1])),
    max_size=40,
)


def overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def clusters(spans: list[tuple[int, int]]) -> list[set[int]]:
    """Connected by overlapping, found by trying every pair until nothing changes."""
    found = [{number} for number in range(len(spans))]
    merged = True
    while merged:
        merged = False
        for a in found:
            for b in found:
                if a is not b and any(overlap(spans[i], spans[j]) for i in a for j in b):
                    a |= b
                    found.remove(b)
                    merged = True
                    break
            if merged:
                break
    return found


@given(SPANS)
def test_no_two_in_a_lane_overlap_and_no_lane_is_wasted(spans: list[tuple[int, int]]) -> None:
    places = pack_lanes(spans)

    assert len(places) == len(spans)
    for cluster in clusters(spans):
        most = max(
            sum(start <= minute < end for start, end in (spans[each] for each in cluster))
            for minute in range(90)
        )
        assert {places[each].lanes for each in cluster} == {most}
        assert {places[each].lane for each in cluster} == set(range(most))
        for i in cluster:
            for j in cluster:
                assert i == j or places[i].lane != places[j].lane or not overlap(spans[i], spans[j])


def test_the_picture_of_the_documentation() -> None:
    assert pack_lanes([(0, 6), (3, 9), (8, 12), (13, 16)]) == [(0, 2), (1, 2), (0, 2), (0, 1)]
    assert pack_lanes([]) == []
    assert pack_lanes([(5, 6)]) == [LanePosition(0, 1)]


def test_dozens_at_once_get_a_lane_each() -> None:
    places = pack_lanes([(number, 100) for number in range(60)])

    assert sorted(place.lane for place in places) == list(range(60))
    assert {place.lanes for place in places} == {60}
