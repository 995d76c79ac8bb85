CREATE OR REPLACE FUNCTION holdfast_loan_history() RETURNS trigger
LANGUAGE plpgsql AS $guard$
BEGIN
    -- A person may be forgotten: their words go, all of them at once, and nothing else changes.
    IF TG_OP = 'UPDATE'
       AND NEW.changes = OLD.changes - ARRAY['purpose', 'reason', 'condition']
       AND to_jsonb(NEW) - 'changes' = to_jsonb(OLD) - 'changes' THEN
        RETURN NEW;
    END IF;
    -- What was over long ago may go, in a transaction that records it (HistoryRemoval).
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM reservations_historyremoval
         WHERE venue_id = OLD.venue_id AND permit_id IS NOT NULL AND before > OLD.at) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the history of loans is append-only'
        USING ERRCODE = '23514', CONSTRAINT = 'event_append_only', TABLE = 'lending_loanevent';
END
$guard$;

CREATE OR REPLACE TRIGGER holdfast_loan_history_write
BEFORE UPDATE OR DELETE ON lending_loanevent
FOR EACH ROW EXECUTE FUNCTION holdfast_loan_history();
