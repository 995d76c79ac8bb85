CODES = {409: {"still_booked": "bookings lie in the time that was to be closed"}}
