"""Everything that changes the ledger; lock what is paid for first."""

from payments.services.charging import ask_for_charge, begin_charge, record_charge
from payments.services.checking_out import (
    OpenCheckout,
    checkout_provider,
    describe_checkout,
    look_up_checkouts,
    open_checkout,
)
from payments.services.ledger import open_bill, remove_bills
from payments.services.looking_up import look_up_charges, look_up_payment, settle_payments
from payments.services.refunding import refund_amount, refund_charges, send_refund
from payments.services.settling import settle_payment

__all__ = [
    "OpenCheckout",
    "ask_for_charge",
    "begin_charge",
    "checkout_provider",
    "describe_checkout",
    "look_up_charges",
    "look_up_checkouts",
    "look_up_payment",
    "open_bill",
    "open_checkout",
    "record_charge",
    "refund_amount",
    "refund_charges",
    "remove_bills",
    "send_refund",
    "settle_payment",
    "settle_payments",
]
