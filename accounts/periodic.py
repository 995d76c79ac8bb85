from accounts.security_log import forget_events
from accounts.services.guests import forget_guests
from accounts.services.sessions import forget_sessions
from common.periodic import register_job


def register() -> None:
    register_job("accounts.forget_security_events", forget_events, every=3600)
    register_job("accounts.forget_guests", forget_guests, every=3600)
    register_job("accounts.forget_sessions", forget_sessions, every=3600)
