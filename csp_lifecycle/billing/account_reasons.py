"""Why something about an account is refused."""

from csp_lifecycle.errors import Reason

account_not_found = Reason(
    "account-not-found", "R-CHARGE-11", "There is no such account; check the id, or open it first."
)
account_exists = Reason(
    "account-exists",
    "R-CHARGE-22",
    "An id stands for one thing, and one account collects the charges of a program in a currency.",
)
out_of_order = Reason(
    "out-of-order",
    "AMB-70",
    "The command is older than the last event of the account; history is only appended to.",
)
stale_version = Reason(
    "stale-version",
    "R-LOCK-06",
    "The account has changed since expected_version; read it again and decide anew.",
)
invoice_not_found = Reason(
    "invoice-not-found", "R-CHARGE-14", "The account has no such invoice; check its number, or the period."
)
invoice_exists = Reason(
    "invoice-exists", "R-CHARGE-22", "The account has a document with this number already; choose another."
)
program_mismatch = Reason(
    "program-mismatch",
    "R-CHARGE-22",
    "An invoice's number begins with D in legacy and with G in the other programs.",
)
period_invalid = Reason(
    "period-invalid",
    "R-CHARGE-03",
    "A period is named by its first day: of the month, or in legacy the anniversary day.",
)
period_not_over = Reason(
    "period-not-over",
    "R-CHARGE-04",
    "A period is invoiced once all of it has gone by; in legacy, once it has begun.",
)
already_void = Reason("already-void", "R-CHARGE-10", "The invoice is void already, and is voided once.")
invoice_not_void = Reason(
    "invoice-not-void",
    "R-CHARGE-10",
    "Only a voided invoice is rebilled; void it first.",
    remedies=("void-invoice",),
)
already_rebilled = Reason(
    "already-rebilled", "R-CHARGE-11", "The invoice was rebilled already; what goes on is the last of its chain."
)
already_invoiced = Reason(
    "already-invoiced",
    "R-CHARGE-06",
    "What stood on the voided invoice was invoiced again since; a charge is on one valid invoice.",
)
payment_not_found = Reason(
    "payment-not-found", "R-CHARGE-12", "The account has no payment or credit note with this id."
)
payment_exists = Reason(
    "payment-exists", "R-CHARGE-14", "The account has a payment or credit note with this id already; choose another id."
)
credit_note_exists = Reason(
    "credit-note-exists",
    "R-CHARGE-18",
    "The account has a payment or credit note with this id already; choose another id.",
)
more_than_received = Reason(
    "amount-exceeds-due", "R-CHARGE-14", "Allocations cannot come to more than what is left to allocate."
)
more_than_due = Reason(
    "amount-exceeds-due",
    "R-CHARGE-14",
    "No more can be allocated to an invoice than is due on it; the rest stays unallocated.",
)
currency_mismatch = Reason(
    "currency-mismatch",
    "R-CHARGE-22",
    "An amount is in the account's currency, and has no more decimals than that has.",
)
already_in_state = Reason("already-in-state", "R-CHARGE-17", "The account's access is in that state already.")
