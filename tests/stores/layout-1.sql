-- A file of layout 1, as the first release writes it. Never edited: another layout gets another file.
BEGIN TRANSACTION;
CREATE TABLE commands (
    command_id TEXT PRIMARY KEY, digest TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "commands" VALUES('c-1','digest of c-1',1,1);
INSERT INTO "commands" VALUES('c-2','digest of c-2',2,3);
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL, version INTEGER NOT NULL, event_id TEXT NOT NULL, recorded_at TEXT NOT NULL,
    command_id TEXT NOT NULL, actor TEXT NOT NULL, policy TEXT NOT NULL, schema INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (stream, version)
);
INSERT INTO "events" VALUES(1,'s-1',1,'s-1/1','2025-01-15T10:00:00.123457+00:00','c-1','clock','new-commerce',1,'{"type":"renamed","at":"2025-01-15T10:00:00.123456Z","subscription_id":"s-1","friendly_name":"“c-1” 😀 it''s"}');
INSERT INTO "events" VALUES(2,'s-1',2,'s-1/2','2025-01-15T10:00:00.123457+00:00','c-2','clock','new-commerce',1,'{"type":"renamed","at":"2025-01-15T10:00:00.123456Z","subscription_id":"s-1","friendly_name":"“c-2” 😀 it''s"}');
INSERT INTO "events" VALUES(3,'s-2',1,'s-2/1','2025-01-15T10:00:00.123457+00:00','c-2','clock','new-commerce',1,'{"type":"renamed","at":"2025-01-15T10:00:00.123456Z","subscription_id":"s-2","friendly_name":"“c-2” 😀 it''s"}');
CREATE TABLE streams (
    stream TEXT PRIMARY KEY, version INTEGER NOT NULL, customer_id TEXT NOT NULL, next_due_at INTEGER
) WITHOUT ROWID;
INSERT INTO "streams" VALUES('s-1',2,'contoso',1736935200123456);
INSERT INTO "streams" VALUES('s-2',1,'contoso',1736935200123456);
CREATE INDEX streams_by_customer ON streams (customer_id, stream);
CREATE INDEX streams_by_due ON streams (next_due_at, stream) WHERE next_due_at IS NOT NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',3);
COMMIT; 
PRAGMA user_version = 1;
