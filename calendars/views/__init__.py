"""Pages and files of the calendars."""
