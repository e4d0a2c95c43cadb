"""The third migration of the PostgreSQL store: a function for the append that is made most often."""

SCRIPT = """
SET LOCAL search_path = csp_lifecycle, pg_temp;

-- The usual case of `append`: one event on one stream that is still as it was read, and nothing else was read. It takes
-- values where `append` takes JSON, which a single event is not worth. Null: nothing was written, because something is
-- not as it was read, or the command is known. `append` says what it is.
CREATE FUNCTION append_one(
    stream text, known integer, head text, last integer, next_due_at timestamptz, version integer, event_id text,
    recorded_at timestamptz, command_id text, command_digest text, actor text, policy text, schema integer, body json,
    salt text, digest text, OUT place bigint
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = csp_lifecycle, pg_temp
-- A plan is made while the tables are small and kept while they grow.
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    UPDATE streams AS s
        SET version = append_one.last, next_due_at = append_one.next_due_at, digest = append_one.digest
        WHERE s.stream = append_one.stream AND s.version = append_one.known AND s.digest = append_one.head
        AND NOT EXISTS (SELECT FROM events AS e WHERE e.command_id = append_one.command_id);
    IF FOUND THEN
        -- The stream is locked by now, so positions are drawn in the order of its versions.
        INSERT INTO events AS e (
            stream, version, event_id, recorded_at, command_id, command_digest, ordinal, actor, policy, schema, body,
            salt, digest
        ) VALUES (
            append_one.stream, append_one.version, append_one.event_id, append_one.recorded_at, append_one.command_id,
            append_one.command_digest, 1, append_one.actor, append_one.policy, append_one.schema, append_one.body,
            append_one.salt, append_one.digest
        ) RETURNING e.position INTO place;
    END IF;
END $$;

REVOKE ALL ON FUNCTION append_one FROM PUBLIC;
-- It belongs to whom `append` belongs to, and whoever may run that may run this: nobody need grant anything.
DO $$
DECLARE
    model CONSTANT pg_proc := p FROM pg_proc AS p WHERE p.oid = 'append'::regproc;
    role regrole;
BEGIN
    EXECUTE format('ALTER FUNCTION append_one OWNER TO %s', model.proowner::regrole);
    FOR role IN SELECT g.grantee::regrole FROM aclexplode(model.proacl) AS g
        WHERE g.privilege_type = 'EXECUTE' AND g.grantee NOT IN (0, model.proowner)
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION append_one TO %s', role);
    END LOOP;
END $$;
"""
