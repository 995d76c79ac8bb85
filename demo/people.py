import unicodedata
from random import Random

from allauth.account.models import EmailAddress

from accounts.models import User
from reservations.domain.values import Customer

MANAGER = "manager@demo.example"
STAFF = "staff@demo.example"
CUSTOMER = "customer@demo.example"
FACILITATOR = "facilitator@demo.example"

FIRST_NAMES = (
    "Aylin Bruno Carla Dmitri Elif Felix Greta Hassan Ines Jakob Kiran Lotte Mateo Nora Omar Paula Quentin "
    "Rosa Samuel Tilda Uwe Valentina Wanda Xaver Yusuf Zofia Anouk Björn Chiara Daniel"
)
LAST_NAMES = (
    "Albrecht Bianchi Celik Dubois Eriksen Fischer Gupta Hoffmann Ivanova Jansen Krüger Lindqvist Marino "
    "Nowak Okafor Petersen Quaas Ribeiro Schneider Tanaka Ullmann Vogel Winkler Yılmaz Zimmermann"
)
REQUESTS = (
    "A quiet corner, please.",
    "We will arrive ten minutes late.",
    "One guest uses a wheelchair.",
    "Could you prepare water for everybody?",
    "It is a birthday - a candle would be lovely.",
    "Please send the invoice to the office.",
)
REGULARS = 70


def create_accounts(password: str) -> dict[str, User]:
    create = User.objects.create_user
    accounts = {
        MANAGER: create(MANAGER, password, first_name="Mara", last_name="Lindner", is_staff=True),
        STAFF: create(STAFF, password, first_name="Stefan", last_name="Kowalski", is_staff=True),
        FACILITATOR: create(FACILITATOR, password, first_name="John", last_name="Doe"),
        CUSTOMER: create(CUSTOMER, password, first_name="Clara", last_name="Sommer"),
    }
    for email, user in accounts.items():  # invented addresses, which no mail reaches
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return accounts


def make_regulars(random: Random) -> list[Customer]:
    # Few enough that many of them come again.
    pairs = [(first, last) for first in FIRST_NAMES.split() for last in LAST_NAMES.split()]
    return [_guest(first, last, random) for first, last in random.sample(pairs, REGULARS)]


def _guest(first: str, last: str, random: Random) -> Customer:
    # Numbers from 030 23125 000 to 999 are set aside in Germany for stories like this one.
    phone = f"+493023125{random.randrange(1000):03}" if random.random() < 0.6 else ""
    return Customer(
        name=f"{first} {last}", email=f"{_as_ascii(first)}.{_as_ascii(last)}@example.com", phone=phone
    )


def _as_ascii(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.replace("ı", "i"))
    return folded.encode("ascii", "ignore").decode().lower()
