from common.background import enqueue
from common.lanes import Lane, task_in


@task_in(Lane.DEFAULT)
def offer_to_those_waiting(venue_id: int) -> int:
    """Returns how many offers were made."""
    from waitlist.services import MOST_OFFERS, offer_what_came_free

    made = len(offer_what_came_free(venue_id=venue_id))
    if made >= MOST_OFFERS:  # others get their turn in between
        enqueue(offer_to_those_waiting, venue_id)
    return made
