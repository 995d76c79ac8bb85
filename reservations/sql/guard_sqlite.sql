-- The guard of the occupancy table, SQLite: the rule of guard_postgresql.sql, one trigger for each operation.
-- {peak} stands for the peak of concurrent units within NEW's span, NEW included.

CREATE TRIGGER holdfast_guard_insert AFTER INSERT ON reservations_allocation
WHEN NEW.b0 IS NOT NULL
BEGIN
    UPDATE resources_resource
       SET version = version + 1,
           longest_span = max(longest_span, iif(NEW.reach IS NULL, NEW.b1 - NEW.b0, 0)),
           long_reaches = long_reaches | coalesce(NEW.reach, 0)
     WHERE id = NEW.resource_id;
    SELECT RAISE(ABORT, 'allocation_on_leaf')
     WHERE EXISTS (SELECT 1 FROM resources_resourcepart WHERE whole_id = NEW.resource_id);
    SELECT RAISE(ABORT, 'allocation_within_limit')
     WHERE (NEW.expires_at IS NULL OR NEW.expires_at > CAST(strftime('%s', 'now') AS INTEGER))
       AND {peak} > {sellable};
END;

CREATE TRIGGER holdfast_guard_update AFTER UPDATE OF resource_id, units, b0, b1, expires_at ON reservations_allocation
BEGIN
    UPDATE resources_resource SET version = version + 1
     WHERE id = OLD.resource_id AND OLD.b0 IS NOT NULL AND (NEW.b0 IS NULL OR NEW.resource_id <> OLD.resource_id);
    UPDATE resources_resource
       SET version = version + 1,
           longest_span = max(longest_span, iif(NEW.reach IS NULL, NEW.b1 - NEW.b0, 0)),
           long_reaches = long_reaches | coalesce(NEW.reach, 0)
     WHERE id = NEW.resource_id AND NEW.b0 IS NOT NULL;
    SELECT RAISE(ABORT, 'allocation_on_leaf')
     WHERE NEW.b0 IS NOT NULL AND EXISTS (SELECT 1 FROM resources_resourcepart WHERE whole_id = NEW.resource_id);
    SELECT RAISE(ABORT, 'allocation_within_limit')
     WHERE NEW.b0 IS NOT NULL
       AND NOT (OLD.resource_id = NEW.resource_id AND OLD.b0 IS NOT NULL AND OLD.b0 <= NEW.b0 AND OLD.b1 >= NEW.b1
                AND OLD.units >= NEW.units
                AND (OLD.expires_at IS NULL OR OLD.expires_at > CAST(strftime('%s', 'now') AS INTEGER)))
       AND (NEW.expires_at IS NULL OR NEW.expires_at > CAST(strftime('%s', 'now') AS INTEGER))
       AND {peak} > {sellable};
END;

-- What was over for a month frees nothing.
CREATE TRIGGER holdfast_guard_delete AFTER DELETE ON reservations_allocation
WHEN OLD.b1 > CAST(strftime('%s', 'now') AS INTEGER) / 60 - 43200
BEGIN
    UPDATE resources_resource SET version = version + 1 WHERE id = OLD.resource_id;
END;

CREATE TRIGGER holdfast_guard_part_insert AFTER INSERT ON resources_resourcepart
BEGIN
    UPDATE resources_resource SET version = version + 1 WHERE id = NEW.whole_id;
    SELECT RAISE(ABORT, 'part_of_unbooked_whole') WHERE {whole_is_booked};
END;

CREATE TRIGGER holdfast_guard_part_update AFTER UPDATE OF whole_id ON resources_resourcepart
BEGIN
    UPDATE resources_resource SET version = version + 1 WHERE id = NEW.whole_id;
    SELECT RAISE(ABORT, 'part_of_unbooked_whole') WHERE {whole_is_booked};
END;

-- A person may be forgotten: their words go, all of them at once, and nothing else changes.
CREATE TRIGGER holdfast_guard_history_update BEFORE UPDATE ON reservations_reservationevent
WHEN NOT (
    (NEW.id, NEW.venue_id, NEW.reservation_id, NEW.at, NEW.kind,
     NEW.actor_id, NEW.source, NEW.old_status, NEW.new_status)
    IS (OLD.id, OLD.venue_id, OLD.reservation_id, OLD.at, OLD.kind,
        OLD.actor_id, OLD.source, OLD.old_status, OLD.new_status)
    AND json(NEW.changes) = json_remove(OLD.changes, '$.customer_name', '$.customer_email', '$.customer_phone',
                                        '$.requests', '$.reason', '$.answers', '$.texts_agreed_how')
)
BEGIN
    SELECT RAISE(ABORT, 'event_append_only');
END;

-- What was over long ago may go, in a transaction that records it (HistoryRemoval).
CREATE TRIGGER holdfast_guard_history_delete BEFORE DELETE ON reservations_reservationevent
WHEN NOT EXISTS (
    SELECT 1 FROM reservations_historyremoval
     WHERE venue_id = OLD.venue_id AND permit_id IS NOT NULL AND before > OLD.at
)
BEGIN
    SELECT RAISE(ABORT, 'event_append_only');
END;
