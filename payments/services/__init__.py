"""Everything that changes the ledger; lock what is paid for first."""

from payments.services.charging import ask_for_charge, begin_charge, record_charge
from payments.services.ledger import open_bill
from payments.services.looking_up import look_up_charges, settle_payments
from payments.services.refunding import refund_amount, refund_charges, send_refund
from payments.services.settling import settle_payment

__all__ = [
    "ask_for_charge",
    "begin_charge",
    "look_up_charges",
    "open_bill",
    "record_charge",
    "refund_amount",
    "refund_charges",
    "send_refund",
    "settle_payment",
    "settle_payments",
]
