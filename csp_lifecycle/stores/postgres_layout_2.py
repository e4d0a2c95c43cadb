"""The second migration of the PostgreSQL store: digests, kinds, snapshots, many commands at once, and redaction."""

TABLES = """
SET LOCAL search_path = csp_lifecycle;

-- Until what was stored before has its digests, nobody adds to it.
LOCK TABLE events IN ACCESS EXCLUSIVE MODE;
ALTER TABLE events DISABLE TRIGGER events_stay;
ALTER TABLE events
    ADD COLUMN command_digest text NOT NULL DEFAULT '',
    ADD COLUMN ordinal integer NOT NULL DEFAULT 0,
    ADD COLUMN salt text NOT NULL DEFAULT '',
    ADD COLUMN redacted text NOT NULL DEFAULT '',
    ADD COLUMN digest text NOT NULL DEFAULT '';
CREATE TEMPORARY TABLE filled (
    position bigint, command_digest text, ordinal integer, salt text, digest text
) ON COMMIT DROP;

-- The digest of the log at every position that is final; it is worked out in order, and so behind the appends.
CREATE TABLE seals (
    position bigint PRIMARY KEY,
    log_digest text NOT NULL
);
CREATE TRIGGER seals_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON seals FOR EACH STATEMENT EXECUTE FUNCTION refuse();

CREATE TABLE snapshots (
    stream text COLLATE "C" PRIMARY KEY,
    version integer NOT NULL,
    schema integer NOT NULL,
    digest text NOT NULL,
    body text NOT NULL
);

-- A stream has a kind, and knows the digest of its last event: no append can go on from another one.
ALTER TABLE streams
    ADD COLUMN kind text COLLATE "C" NOT NULL DEFAULT 'subscription',
    ADD COLUMN digest text NOT NULL DEFAULT '';
DROP INDEX streams_by_customer;
CREATE INDEX streams_by_customer ON streams (kind, customer_id, stream);
CREATE INDEX streams_by_kind ON streams (kind, stream);
ALTER TABLE customers ADD COLUMN kind text COLLATE "C" NOT NULL DEFAULT 'subscription';
ALTER TABLE customers DROP CONSTRAINT customers_pkey, ADD PRIMARY KEY (kind, customer_id);
"""

OLD = """SELECT e.position, e.stream, e.version, e.event_id, e.recorded_at, e.command_id, c.digest, e.actor, e.policy,
    e.schema, e.body::text, '', '', '', NULL
    FROM csp_lifecycle.events AS e JOIN csp_lifecycle.commands AS c USING (command_id) ORDER BY c.first, e.position"""
"""What was stored before, command by command."""

FUNCTIONS = """
SET LOCAL search_path = csp_lifecycle, pg_temp;

UPDATE events AS e
    SET command_digest = f.command_digest, ordinal = f.ordinal, salt = f.salt, digest = f.digest
    FROM filled AS f WHERE f.position = e.position;
UPDATE streams AS s SET digest = e.digest FROM events AS e WHERE e.stream = s.stream AND e.version = s.version;
-- The events of a command are its outcome; of two with one id, the second finds its place taken.
ALTER TABLE events ADD UNIQUE (command_id, ordinal);
ALTER TABLE events ENABLE TRIGGER events_stay;
DROP FUNCTION append(text, text, json, json, json, json);
DROP FUNCTION watermark(bigint, text[]);
DROP TABLE commands;

-- All of a commit, or of several, or nothing, in one round trip. What was expected and is not so comes back as a
-- problem, not as an error: it is checked before anything is written, so no position is lost and the server's log
-- stays quiet. `expected` has the versions of streams by id, `held` what customers hold by kind and id.
CREATE FUNCTION append(
    ids text[], expected json, held json, states json, envelopes json,
    OUT problem text, OUT name text, OUT wanted integer, OUT actual integer, OUT positions bigint[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = csp_lifecycle, pg_temp
-- A plan is made while the tables are small and kept while they grow.
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    state CONSTANT json := states -> 0;
    known integer;
    made integer;
BEGIN
    -- The usual case in one statement: a single stream, which is still as it was read.
    UPDATE streams AS s
        SET version = (state ->> 'version')::integer, next_due_at = (state ->> 'next_due_at')::timestamptz,
            digest = state ->> 'digest'
        WHERE s.stream = state ->> 'stream' AND s.version = (expected ->> s.stream)::integer
        AND s.digest = state ->> 'head'
        AND json_array_length(states) = 1 AND held::text = '[]'
        AND (SELECT count(*) FROM json_object_keys(expected)) = 1
        AND NOT EXISTS (SELECT FROM events AS e WHERE e.command_id = ANY (ids));
    IF NOT FOUND THEN
        -- Always in the same order, streams before customers: then no two appends wait for each other.
        PERFORM FROM streams AS s WHERE s.stream IN (
            SELECT json_object_keys(expected) UNION ALL
            SELECT r.stream FROM json_to_recordset(states) AS r(stream text)
        ) ORDER BY s.stream FOR NO KEY UPDATE;
        IF held::text <> '[]' THEN
            -- A customer without streams needs a row too, or there is nothing to lock.
            INSERT INTO customers (kind, customer_id, streams)
                SELECT h.kind, h.customer_id, 0 FROM json_to_recordset(held) AS h(kind text, customer_id text)
                ORDER BY h.kind COLLATE "C", h.customer_id COLLATE "C" ON CONFLICT DO NOTHING;
            PERFORM FROM customers AS c WHERE (c.kind, c.customer_id) IN (
                SELECT h.kind, h.customer_id FROM json_to_recordset(held) AS h(kind text, customer_id text)
            ) ORDER BY c.kind, c.customer_id FOR NO KEY UPDATE;
        END IF;

        -- A statement of its own: it sees what others committed while the locks were waited for.
        SELECT r.problem, r.key, r.value, r.actual INTO problem, name, wanted, actual FROM (
            SELECT 'duplicate' AS problem, 0 AS sort, i.id AS key, 0 AS value, i.n, 1 AS actual
                FROM unnest(ids) WITH ORDINALITY AS i(id, n)
                WHERE EXISTS (SELECT FROM events AS e WHERE e.command_id = i.id)
            UNION ALL
            SELECT 'stale', 1, e.key, e.value::integer, e.n,
                coalesce((SELECT s.version FROM streams AS s WHERE s.stream = e.key), 0)
                FROM json_each_text(expected) WITH ORDINALITY AS e(key, value, n)
            UNION ALL
            SELECT 'stale', 2, h.customer_id, h.streams, h.n, coalesce((
                SELECT c.streams FROM customers AS c WHERE c.kind = h.kind AND c.customer_id = h.customer_id
            ), 0) FROM ROWS FROM (
                json_to_recordset(held) AS (kind text, customer_id text, streams integer)
            ) WITH ORDINALITY AS h(kind, customer_id, streams, n)
            UNION ALL
            SELECT 'unlinked', 3, s.stream, 0, 0, 1
                FROM json_to_recordset(states) AS r(stream text, head text)
                JOIN streams AS s ON s.stream = r.stream AND s.digest <> r.head
        ) AS r WHERE r.value <> r.actual ORDER BY r.sort, r.n LIMIT 1;
        IF FOUND THEN
            RETURN;
        END IF;

        UPDATE streams AS s SET version = r.version, next_due_at = r.next_due_at, digest = r.digest
            FROM json_to_recordset(states) AS r(
                stream text, version integer, next_due_at timestamptz, head text, digest text
            ) WHERE s.stream = r.stream AND s.digest = r.head;
        GET DIAGNOSTICS known = ROW_COUNT;
        IF known < json_array_length(states) THEN
            INSERT INTO customers AS c (kind, customer_id, streams)
                SELECT r.kind, r.customer_id, count(*)
                FROM json_to_recordset(states) AS r(kind text, customer_id text, head text) WHERE r.head = ''
                GROUP BY r.kind, r.customer_id ORDER BY r.kind COLLATE "C", r.customer_id COLLATE "C"
                ON CONFLICT (kind, customer_id) DO UPDATE SET streams = c.streams + excluded.streams;
            -- A stream that was new until a moment ago has no row that could have been locked: then this fails.
            INSERT INTO streams (stream, version, customer_id, next_due_at, kind, digest)
                SELECT r.stream, r.version, r.customer_id, r.next_due_at, r.kind, r.digest
                FROM json_to_recordset(states) AS r(
                    stream text, version integer, customer_id text, next_due_at timestamptz, kind text, head text,
                    digest text
                ) WHERE r.head = '' ORDER BY r.stream COLLATE "C";
            GET DIAGNOSTICS made = ROW_COUNT;
            IF known + made < json_array_length(states) THEN
                -- Of a stream that nothing was expected of, somebody else was faster.
                RAISE serialization_failure;
            END IF;
        END IF;
    END IF;

    -- The streams are locked by now, so positions are drawn in the order of their versions.
    WITH written AS (
        INSERT INTO events (
            stream, version, event_id, recorded_at, command_id, command_digest, ordinal, actor, policy, schema, body,
            salt, digest
        )
        SELECT r.stream, r.version, r.event_id, r.recorded_at, r.command_id, r.command_digest, r.ordinal, r.actor,
            r.policy, r.schema, r.body::json, r.salt, r.digest
            FROM ROWS FROM (json_to_recordset(envelopes) AS (
                stream text, version integer, event_id text, recorded_at timestamptz, command_id text,
                command_digest text, ordinal integer, actor text, policy text, schema integer, body text, salt text,
                digest text
            )) WITH ORDINALITY AS r
            ORDER BY r.ordinality
        RETURNING position
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
            AND l.mode = 'RowExclusiveLock' AND l.pid <> pg_backend_pid()
            AND (writers IS NULL OR l.virtualtransaction = ANY (writers))
    );
    IF writers <> '{}' THEN
        RETURN;
    END IF;
    -- A position that was drawn in vain might be drawn again after a crash; one that somebody took stays taken.
    SELECT coalesce(max(e.position), 0) INTO final FROM events AS e WHERE e.position <= highest;
    -- Commits are not cut in two: one that goes on behind the mark is left for the next time.
    LOOP
        SELECT min(r.first) INTO begun FROM (
            SELECT (SELECT c.position FROM events AS c WHERE c.command_id = e.command_id AND c.ordinal = 1) AS first
                FROM events AS e WHERE e.position > final
        ) AS r WHERE r.first <= final;
        EXIT WHEN begun IS NULL;
        final := begun - 1;
    END LOOP;
END $$;

-- Work out the digest of the log up to a position that is final. One at a time.
CREATE FUNCTION seal_until(final bigint) RETURNS void
LANGUAGE plpgsql SET search_path = csp_lifecycle, pg_temp SET enable_seqscan = off AS $$
DECLARE
    last bigint;
    log_digest text;
    one record;
BEGIN
    -- What a crash takes away is worked out again, and is the same: nobody need wait for the disk.
    PERFORM set_config('synchronous_commit', 'off', true);
    LOCK TABLE seals IN SHARE ROW EXCLUSIVE MODE;
    SELECT s.position, s.log_digest INTO last, log_digest FROM seals AS s ORDER BY s.position DESC LIMIT 1;
    FOR one IN
        SELECT e.position, e.digest FROM events AS e
            WHERE e.position > coalesce(last, 0) AND e.position <= final ORDER BY e.position
    LOOP
        log_digest := encode(sha256(convert_to(
            coalesce(log_digest, '') || ':' || one.position || ':' || one.digest, 'UTF8'
        )), 'hex');
        INSERT INTO seals VALUES (one.position, log_digest);
    END LOOP;
END $$;

-- Wait until the log is final up to what it is now, for so long; seal it, and say up to where. Null: it took too long.
-- The waiting is done here so that nobody can have sealed what is not final: it would never come right again.
CREATE FUNCTION seal(patience interval, OUT final bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = csp_lifecycle, pg_temp SET enable_seqscan = off AS $$
DECLARE
    highest bigint;
    writers text[];
    pause double precision := 0.001;
BEGIN
    LOOP
        SELECT w.highest, w.writers, w.final INTO highest, writers, final FROM watermark(highest, writers) AS w;
        EXIT WHEN final IS NOT NULL;
        IF clock_timestamp() > statement_timestamp() + patience THEN
            RETURN;
        END IF;
        PERFORM pg_sleep(pause);
        pause := least(2 * pause, 0.02);
    END LOOP;
    IF final > coalesce((SELECT max(s.position) FROM seals AS s), 0) THEN
        PERFORM seal_until(final);
    END IF;
END $$;

CREATE FUNCTION keep_snapshot(stream text, version integer, schema integer, digest text, body text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = csp_lifecycle, pg_temp AS $$
    INSERT INTO snapshots VALUES ($1, $2, $3, $4, $5) ON CONFLICT (stream) DO UPDATE SET
        version = excluded.version, schema = excluded.schema, digest = excluded.digest, body = excluded.body
$$;

-- Redaction, the one change that is made to events. Nobody is granted it; the owner of the tables may.
CREATE FUNCTION rewrite(changes json, names json) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = csp_lifecycle, pg_temp AS $$
BEGIN
    -- Nobody else writes until the trigger is back. In this order, which is that of the appends.
    LOCK TABLE streams, events IN SHARE ROW EXCLUSIVE MODE;
    ALTER TABLE events DISABLE TRIGGER events_stay;
    UPDATE events AS e
        SET body = r.body::json, salt = r.salt, redacted = r.redacted, command_digest = r.command_digest
        FROM json_to_recordset(changes) AS r(
            position bigint, body text, salt text, redacted text, command_digest text
        ) WHERE r.position = e.position;
    ALTER TABLE events ENABLE TRIGGER events_stay;
    DELETE FROM snapshots AS s WHERE s.stream IN (
        SELECT e.stream FROM events AS e
            JOIN json_to_recordset(changes) AS r(position bigint) ON r.position = e.position
    );
    UPDATE streams AS s SET customer_id = n.value FROM json_each_text(names) AS n
        WHERE s.kind = 'subscription' AND s.customer_id = n.key;
    DELETE FROM customers AS c USING json_each_text(names) AS n
        WHERE c.kind = 'subscription' AND c.customer_id IN (n.key, n.value);
    INSERT INTO customers (kind, customer_id, streams)
        SELECT s.kind, s.customer_id, count(*) FROM streams AS s
            WHERE s.kind = 'subscription' AND s.customer_id IN (SELECT n.value FROM json_each_text(names) AS n)
            GROUP BY s.kind, s.customer_id;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA csp_lifecycle FROM PUBLIC;

SELECT seal_until((SELECT max(position) FROM events));
"""
