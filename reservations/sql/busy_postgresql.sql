-- What occupies one resource in a window: for ``reservations.availability.occupied``, planned once a connection.

CREATE OR REPLACE FUNCTION holdfast_busy_rows(leaf bigint, starts integer, ends integer, now_s bigint)
RETURNS TABLE (b0 integer, b1 integer, units integer, is_hold boolean)
LANGUAGE plpgsql STABLE AS $busy$
#variable_conflict use_column
DECLARE
    longest integer;
    reaches bigint;
BEGIN
    SELECT longest_span, long_reaches INTO longest, reaches FROM resources_resource WHERE id = leaf;
    RETURN QUERY
        SELECT a.b0, a.b1, a.units, a.expires_at IS NOT NULL
          FROM reservations_allocation a
         WHERE a.resource_id = leaf AND {is_short}
           AND a.b0 >= starts - longest AND a.b0 < ends AND a.b1 + 0 > starts
           AND (a.expires_at IS NULL OR a.expires_at > now_s);
    IF reaches <> 0 THEN
        RETURN QUERY
            SELECT a.* FROM {each_reach} AS kind
             CROSS JOIN LATERAL (
                SELECT a.b0, a.b1, a.units, a.expires_at IS NOT NULL
                  FROM reservations_allocation a
                 WHERE a.resource_id = leaf AND a.reach = kind.reach
                   AND a.b0 >= starts - kind.reach AND a.b0 < ends AND a.b1 + 0 > starts
                   AND (a.expires_at IS NULL OR a.expires_at > now_s)
                OFFSET 0) AS a
             WHERE (reaches & kind.reach) <> 0;
    END IF;
END
$busy$;
