-- A file of layout 2. Never edited: another layout gets another file.
BEGIN TRANSACTION;
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL, version INTEGER NOT NULL, event_id TEXT NOT NULL, recorded_at TEXT NOT NULL,
    command_id TEXT NOT NULL, command_digest TEXT NOT NULL, ordinal INTEGER NOT NULL,
    actor TEXT NOT NULL, policy TEXT NOT NULL, schema INTEGER NOT NULL, body TEXT NOT NULL,
    salt TEXT NOT NULL, redacted TEXT NOT NULL, digest TEXT NOT NULL, log_digest TEXT NOT NULL,
    UNIQUE (stream, version), UNIQUE (command_id, ordinal)
);
INSERT INTO "events" VALUES(1,'s-1',1,'s-1/1','2025-01-15T10:00:00.123457+00:00','c-1','digest of c-1',1,'clock','new-commerce',1,'{"type":"renamed","at":"2025-01-15T10:00:00.123456Z","subscription_id":"s-1","friendly_name":"“c-1” 😀 it''s"}','038b299719af1e16db0b24b983bef5a9','','7e5283dc3a907e72c12cffb203e8b7071cbbc2bc80b9f960cca3735eab10b603','9ae8bf21b51a7cfa2d211f014a65154e6ee1a8335a1b66117a43a2fc4d8fa7d4');
INSERT INTO "events" VALUES(2,'s-1',2,'s-1/2','2025-01-15T10:00:00.123457+00:00','c-2','digest of c-2',1,'clock','new-commerce',1,'{"type":"renamed","at":"2025-01-15T10:00:00.123456Z","subscription_id":"s-1","friendly_name":"“c-2” 😀 it''s"}','769e11459515288d407b2677fca308ee','','4d36109870b6f592be13dd2490372427ad1f8b6568d75184237da5672eb0e604','a1dc86dc50b4ac8c66edf561f3eb59efaa41bf580c1c5d2293c9f9c7c3a66f7a');
INSERT INTO "events" VALUES(3,'s-2',1,'s-2/1','2025-01-15T10:00:00.123457+00:00','c-2','digest of c-2',2,'clock','new-commerce',1,'{"type":"renamed","at":"2025-01-15T10:00:00.123456Z","subscription_id":"s-2","friendly_name":"“c-2” 😀 it''s"}','378db2eeda6dc3c3d228ee7cffbfa46c','','fc302da4cf26a2b4fc56b59e3f731df81a86d53dc888efa03696362b1a07f236','b8bdcf3dfd7b84086fca0b02663e14520048e165c50835c9f43bc218acd35af2');
CREATE TABLE snapshots (
    stream TEXT PRIMARY KEY, version INTEGER NOT NULL, schema INTEGER NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE streams (
    stream TEXT PRIMARY KEY, version INTEGER NOT NULL, customer_id TEXT NOT NULL, next_due_at INTEGER
, kind TEXT NOT NULL DEFAULT 'subscription') WITHOUT ROWID;
INSERT INTO "streams" VALUES('s-1',2,'contoso',1736935200123456,'subscription');
INSERT INTO "streams" VALUES('s-2',1,'contoso',1736935200123456,'subscription');
CREATE INDEX streams_by_due ON streams (next_due_at, stream) WHERE next_due_at IS NOT NULL;
CREATE INDEX streams_by_customer ON streams (kind, customer_id, stream);
CREATE INDEX streams_by_kind ON streams (kind, stream);
COMMIT;
PRAGMA user_version = 2;
