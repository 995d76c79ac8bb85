-- The guard of the occupancy table, PostgreSQL. See docs/locking.md.
-- Every change of occupancy takes the resource's row lock and raises its version; only growth is checked.

CREATE OR REPLACE FUNCTION holdfast_guard_allocation() RETURNS trigger
LANGUAGE plpgsql AS $guard$
DECLARE
    now_s   bigint := floor(extract(epoch FROM clock_timestamp()));
    longest integer;
    reaches bigint;
    sellable integer;
    load_peak bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        -- What was over for a month frees nothing: old rows go without locking what is booked now.
        IF OLD.b1 > now_s / 60 - 43200 THEN
            UPDATE resources_resource SET version = version + 1 WHERE id = OLD.resource_id;
        END IF;
        RETURN NULL;
    END IF;

    IF TG_OP = 'UPDATE' AND OLD.resource_id <> NEW.resource_id AND OLD.b0 IS NOT NULL THEN
        UPDATE resources_resource SET version = version + 1 WHERE id = OLD.resource_id;
    END IF;
    IF NEW.b0 IS NULL THEN
        IF TG_OP = 'UPDATE' AND OLD.b0 IS NOT NULL THEN
            UPDATE resources_resource SET version = version + 1 WHERE id = NEW.resource_id;
        END IF;
        RETURN NULL;
    END IF;

    -- The lock first: a statement of its own, so that the next one sees everything committed before it.
    UPDATE resources_resource
       SET version = version + 1,
           longest_span = greatest(longest_span, CASE WHEN NEW.reach IS NULL THEN NEW.b1 - NEW.b0 END),
           long_reaches = long_reaches | coalesce(NEW.reach, 0)
     WHERE id = NEW.resource_id
    RETURNING longest_span, long_reaches, (units::bigint * (100 + overbooking_percent) / 100)::integer
      INTO longest, reaches, sellable;

    IF EXISTS (SELECT 1 FROM resources_resourcepart WHERE whole_id = NEW.resource_id) THEN
        RAISE EXCEPTION 'only a leaf resource can be allocated'
            USING ERRCODE = '23P01', CONSTRAINT = 'allocation_on_leaf', TABLE = 'reservations_allocation';
    END IF;

    IF TG_OP = 'UPDATE' AND OLD.resource_id = NEW.resource_id AND OLD.b0 <= NEW.b0 AND OLD.b1 >= NEW.b1
       AND OLD.units >= NEW.units AND (OLD.expires_at IS NULL OR OLD.expires_at > now_s) THEN
        RETURN NULL;  -- shrunk or unchanged, and it counted until now
    END IF;
    IF NEW.expires_at <= now_s THEN
        RETURN NULL;  -- an expired hold occupies nothing
    END IF;

    SELECT max(load) INTO load_peak FROM (
        SELECT sum(delta) OVER (ORDER BY minute, delta ROWS UNBOUNDED PRECEDING) AS load
          FROM (SELECT a.b0, a.b1, a.units::integer, a.expires_at
                  FROM reservations_allocation a
                 WHERE a.resource_id = NEW.resource_id AND {is_short}
                   -- "+ 0": generic plans would otherwise skip through the wrong index.
                   AND a.b0 >= NEW.b0 - longest AND a.b0 < NEW.b1 AND a.b1 + 0 > NEW.b0
                UNION ALL
                SELECT a.*
                  FROM {each_reach} AS kind
                 CROSS JOIN LATERAL (
                    SELECT a.b0, a.b1, a.units::integer, a.expires_at
                      FROM reservations_allocation a
                     WHERE a.resource_id = NEW.resource_id AND a.reach = kind.reach
                       AND a.b0 >= NEW.b0 - kind.reach AND a.b0 < NEW.b1 AND a.b1 + 0 > NEW.b0
                    OFFSET 0) AS a  -- kind by kind, whatever the planner believes
                 WHERE (reaches & kind.reach) <> 0) AS a
         CROSS JOIN LATERAL (VALUES (a.b0, a.units), (a.b1, -a.units)) AS edge (minute, delta)
         WHERE a.expires_at IS NULL OR a.expires_at > now_s
    ) AS loads;
    IF load_peak > sellable THEN
        RAISE EXCEPTION 'resource % is full: % of % units', NEW.resource_id, load_peak, sellable
            USING ERRCODE = '23P01', CONSTRAINT = 'allocation_within_limit', TABLE = 'reservations_allocation';
    END IF;
    RETURN NULL;
END
$guard$;

-- No column list: PostgreSQL refuses to alter a column that a trigger names.
CREATE OR REPLACE TRIGGER holdfast_guard_write
AFTER INSERT OR DELETE OR UPDATE ON reservations_allocation
FOR EACH ROW EXECUTE FUNCTION holdfast_guard_allocation();

CREATE OR REPLACE FUNCTION holdfast_guard_part() RETURNS trigger
LANGUAGE plpgsql AS $guard$
BEGIN
    -- Waits for bookings of the whole that are under way, then looks.
    UPDATE resources_resource SET version = version + 1 WHERE id = NEW.whole_id;
    IF EXISTS (SELECT 1 FROM reservations_allocation
                WHERE resource_id = NEW.whole_id AND b0 IS NOT NULL
                  AND b1 > floor(extract(epoch FROM clock_timestamp()) / 60)) THEN
        RAISE EXCEPTION 'resource % has bookings of its own and cannot get parts', NEW.whole_id
            USING ERRCODE = '23P01', CONSTRAINT = 'part_of_unbooked_whole', TABLE = 'resources_resourcepart';
    END IF;
    RETURN NULL;
END
$guard$;

CREATE OR REPLACE TRIGGER holdfast_guard_part_write
AFTER INSERT OR UPDATE ON resources_resourcepart
FOR EACH ROW EXECUTE FUNCTION holdfast_guard_part();

CREATE OR REPLACE FUNCTION holdfast_guard_history() RETURNS trigger
LANGUAGE plpgsql AS $guard$
BEGIN
    -- A person may be forgotten: their words go, all of them at once, and nothing else changes.
    IF TG_OP = 'UPDATE'
       AND NEW.changes = OLD.changes
           - ARRAY['customer_name', 'customer_email', 'customer_phone', 'requests', 'reason', 'answers',
                   'texts_agreed_how']
       AND to_jsonb(NEW) - 'changes' = to_jsonb(OLD) - 'changes' THEN
        RETURN NEW;
    END IF;
    -- What was over long ago may go, in a transaction that records it (HistoryRemoval).
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM reservations_historyremoval
         WHERE venue_id = OLD.venue_id AND permit_id IS NOT NULL AND before > OLD.at) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the history of reservations is append-only'
        USING ERRCODE = '23514', CONSTRAINT = 'event_append_only', TABLE = 'reservations_reservationevent';
END
$guard$;

CREATE OR REPLACE TRIGGER holdfast_guard_history_write
BEFORE UPDATE OR DELETE ON reservations_reservationevent
FOR EACH ROW EXECUTE FUNCTION holdfast_guard_history();
