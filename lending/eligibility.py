"""Which of the things that somebody asks for they may have: each thing is judged by its own rules."""

from collections.abc import Sequence
from datetime import datetime

from lending.enums import Skip
from lending.locking import Turn, list_things
from lending.models import Loan, Queue
from lending.policies import find_ineligibility
from lending.standing import Standings
from resources.bookables import Bookable, Catalog


def find_allowed(
    turn: Turn, loan: Loan, things: Sequence[Bookable], standings: Standings
) -> tuple[list[Bookable], Skip | None]:
    """Of ``things`` those that they may have now; where there is none, why not the first."""
    suspended = loan.suspended_until is not None and loan.suspended_until > turn.now
    return _judge(turn, loan, things, standings, suspended=suspended)


def list_possible(venue_catalog: Catalog, loan: Loan, queue: Queue, now: datetime) -> list[Bookable]:
    """What of the queue they may be given some day, whatever they have or pause at present; no query.

    Where that is nothing, all of it: the rules, or their role, may change again.
    """
    things = list_things(queue, venue_catalog)
    if len(things) < 2:
        return things
    turn = Turn(venue_catalog, set(), {}, now)
    return _judge(turn, loan, things, Standings(turn), suspended=False)[0] or things


def _judge(
    turn: Turn, loan: Loan, things: Sequence[Bookable], standings: Standings, *, suspended: bool
) -> tuple[list[Bookable], Skip | None]:
    lent = turn.terms
    # None is lent for so long only where rules have changed since: then for as long as they say.
    things = [thing for thing in things if lent[thing.id].allows(loan.period)] or things
    reasons: dict[int, Skip | None] = {}
    for terms in {lent[thing.id].rules_id: lent[thing.id] for thing in things}.values():
        standing = standings.of(loan, terms)
        reasons[terms.rules_id] = find_ineligibility(standing, terms, suspended=suspended)
    found = [thing for thing in things if reasons[lent[thing.id].rules_id] is None]
    return found, None if found or not things else reasons[lent[things[0].id].rules_id]
