-- A person may be forgotten: their words go, all of them at once, and nothing else changes.
CREATE TRIGGER holdfast_loan_history_update BEFORE UPDATE ON lending_loanevent
WHEN NOT (
    (NEW.id, NEW.venue_id, NEW.loan_id, NEW.at, NEW.kind, NEW.actor_id, NEW.source, NEW.old_status, NEW.new_status)
    IS (OLD.id, OLD.venue_id, OLD.loan_id, OLD.at, OLD.kind, OLD.actor_id, OLD.source, OLD.old_status, OLD.new_status)
    AND json(NEW.changes) = json_remove(OLD.changes, '$.purpose', '$.reason', '$.condition')
)
BEGIN
    SELECT RAISE(ABORT, 'event_append_only');
END;

-- What was over long ago may go, in a transaction that records it (HistoryRemoval).
CREATE TRIGGER holdfast_loan_history_delete BEFORE DELETE ON lending_loanevent
WHEN NOT EXISTS (
    SELECT 1 FROM reservations_historyremoval
     WHERE venue_id = OLD.venue_id AND permit_id IS NOT NULL AND before > OLD.at
)
BEGIN
    SELECT RAISE(ABORT, 'event_append_only');
END;
