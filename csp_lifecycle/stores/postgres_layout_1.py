"""The first migration of the PostgreSQL store. It was shipped and is never edited."""

SCRIPT = """
CREATE SCHEMA csp_lifecycle;
SET LOCAL search_path = csp_lifecycle;

CREATE TABLE migrations (
    number integer PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- Ids compare byte by byte, as they do in the other stores, whatever the locale of the database.
CREATE TABLE events (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    recorded_at timestamptz NOT NULL,
    command_id text COLLATE "C" NOT NULL,
    actor text NOT NULL,
    policy text NOT NULL,
    schema integer NOT NULL,
    body json NOT NULL, -- not jsonb: what is stored comes back letter by letter
    UNIQUE (stream, version)
);

-- Room on the page lets the one row that every append changes be changed where it is.
CREATE TABLE streams (
    stream text COLLATE "C" PRIMARY KEY,
    version integer NOT NULL,
    customer_id text COLLATE "C" NOT NULL,
    next_due_at timestamptz
) WITH (fillfactor = 70);
CREATE INDEX streams_by_customer ON streams (customer_id, stream);
CREATE INDEX streams_by_due ON streams (next_due_at, stream) WHERE next_due_at IS NOT NULL;

-- How many streams a customer has: a number that can be locked, which counting rows cannot.
CREATE TABLE customers (
    customer_id text COLLATE "C" PRIMARY KEY,
    streams integer NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE commands (
    command_id text COLLATE "C" PRIMARY KEY,
    digest text NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL
);

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is only ever added to' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER events_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse();

-- All of a commit or nothing, in one round trip. What was expected and is not so comes back as a problem, not as
-- an error: it is checked before anything is written, so no position is lost and the server's log stays quiet.
CREATE FUNCTION append(
    id text, digest text, expected json, held json, states json, envelopes json,
    OUT problem text, OUT name text, OUT wanted integer, OUT actual integer, OUT positions bigint[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = csp_lifecycle, pg_temp
-- A plan is made while the tables are small and kept while they grow.
SET enable_seqscan = off AS $$
DECLARE
    state CONSTANT json := states -> 0;
    one record;
BEGIN
    -- The usual case in one statement: a single stream, which is still as it was read.
    UPDATE streams AS s
        SET version = (state ->> 'version')::integer, next_due_at = (state ->> 'next_due_at')::timestamptz
        WHERE s.stream = state ->> 'stream' AND s.version = (expected ->> s.stream)::integer
        AND json_array_length(states) = 1 AND held::text = '{}'
        AND (SELECT count(*) FROM json_object_keys(expected)) = 1
        AND NOT EXISTS (SELECT FROM commands AS c WHERE c.command_id = id);
    IF NOT FOUND THEN
        -- Always in the same order, streams before customers: then no two appends wait for each other.
        PERFORM FROM streams AS s WHERE s.stream = ANY (ARRAY(SELECT json_object_keys(expected)))
            ORDER BY s.stream FOR NO KEY UPDATE;
        IF held::text <> '{}' THEN
            -- A customer without streams needs a row too, or there is nothing to lock.
            INSERT INTO customers SELECT k, 0 FROM json_object_keys(held) AS k ORDER BY k COLLATE "C"
                ON CONFLICT DO NOTHING;
            PERFORM FROM customers AS c WHERE c.customer_id = ANY (ARRAY(SELECT json_object_keys(held)))
                ORDER BY c.customer_id FOR NO KEY UPDATE;
        END IF;

        -- A statement of its own: it sees what others committed while the locks were waited for.
        SELECT r.problem, r.key, r.value::integer, r.actual INTO problem, name, wanted, actual FROM (
            SELECT 'duplicate' AS problem, 0 AS kind, id AS key, '0' AS value, 0 AS ordinality, 1 AS actual
                FROM commands AS c WHERE c.command_id = id
            UNION ALL
            SELECT 'stale', 1, e.*, coalesce((SELECT s.version FROM streams AS s WHERE s.stream = e.key), 0)
                FROM json_each_text(expected) WITH ORDINALITY AS e
            UNION ALL
            SELECT 'stale', 2, h.*, coalesce((SELECT c.streams FROM customers AS c WHERE c.customer_id = h.key), 0)
                FROM json_each_text(held) WITH ORDINALITY AS h
        ) AS r WHERE r.value::integer <> r.actual ORDER BY r.kind, r.ordinality LIMIT 1;
        IF FOUND THEN
            RETURN;
        END IF;

        FOR one IN
            SELECT * FROM json_to_recordset(states)
                AS r(stream text, version integer, customer_id text, next_due_at timestamptz)
                ORDER BY r.stream COLLATE "C"
        LOOP
            UPDATE streams AS s SET version = one.version, next_due_at = one.next_due_at
                WHERE s.stream = one.stream AND s.version = coalesce((expected ->> s.stream)::integer, s.version);
            -- A stream that was new until a moment ago has no row that could have been locked: then this fails.
            IF NOT FOUND THEN
                INSERT INTO customers AS c VALUES (one.customer_id, 1)
                    ON CONFLICT (customer_id) DO UPDATE SET streams = c.streams + 1;
                INSERT INTO streams VALUES (one.stream, one.version, one.customer_id, one.next_due_at);
            END IF;
        END LOOP;
    END IF;

    -- The streams are locked by now, so positions are drawn in the order of their versions.
    WITH written AS (
        INSERT INTO events (stream, version, event_id, recorded_at, command_id, actor, policy, schema, body)
        SELECT r.stream, r.version, r.event_id, r.recorded_at, id, r.actor, r.policy, r.schema, r.body::json
            FROM ROWS FROM (json_to_recordset(envelopes) AS (
                stream text, version integer, event_id text, recorded_at timestamptz, actor text, policy text,
                schema integer, body text
            )) WITH ORDINALITY AS r
            ORDER BY r.ordinality
        RETURNING position
    ), noted AS (
        INSERT INTO commands SELECT id, append.digest, min(w.position), max(w.position) FROM written AS w
    )
    SELECT array_agg(w.position ORDER BY w.position) INTO positions FROM written AS w;
END $$;

-- Up to which position the log is final: what is not there by now never will be.
-- An append holds a lock on the table before it draws its positions and until after what it wrote can be seen. So
-- once those are gone that held it when the highest position was read, everything up to that position is final.
-- Asked without arguments it begins; while `final` is null it wants to be asked again with what it answered.
CREATE FUNCTION watermark(INOUT highest bigint, INOUT writers text[], OUT final bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = csp_lifecycle, pg_temp SET enable_seqscan = off AS $$
DECLARE
    begun bigint;
BEGIN
    IF highest IS NULL THEN
        SELECT CASE WHEN s.is_called THEN s.last_value ELSE 0 END INTO highest FROM events_position_seq AS s;
    END IF;
    -- In this order: whoever takes the lock only now will draw a higher position.
    writers := ARRAY(
        SELECT l.virtualtransaction FROM pg_locks AS l
            WHERE l.locktype = 'relation' AND l.relation = 'events'::regclass AND l.granted
            AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
            AND l.mode = 'RowExclusiveLock' AND (writers IS NULL OR l.virtualtransaction = ANY (writers))
    );
    IF writers <> '{}' THEN
        RETURN;
    END IF;
    -- A position that was drawn in vain might be drawn again after a crash; one that somebody took stays taken.
    SELECT coalesce(max(e.position), 0) INTO final FROM events AS e WHERE e.position <= highest;
    -- Commits are not cut in two: one that goes on behind the mark is left for the next time.
    LOOP
        SELECT min(r.first) INTO begun FROM (
            SELECT (SELECT c.first FROM commands AS c WHERE c.command_id = e.command_id) AS first
                FROM events AS e WHERE e.position > final
        ) AS r WHERE r.first <= final;
        EXIT WHEN begun IS NULL;
        final := begun - 1;
    END LOOP;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA csp_lifecycle FROM PUBLIC;
"""
