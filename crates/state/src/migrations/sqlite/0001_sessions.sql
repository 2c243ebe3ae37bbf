-- The session log, its projections, and the small tables beside it.
-- Times are milliseconds since the Unix epoch, money is in millionths of a US dollar,
-- and NULL in a token column means "not reported".

-- Projection: folded from session_event in the transaction that appends to it.
CREATE TABLE session (
  id                 INTEGER PRIMARY KEY,
  key                TEXT    NOT NULL UNIQUE,
  session_id         TEXT    NOT NULL,
  agent              TEXT    NOT NULL,
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL,
  fence              INTEGER NOT NULL,
  last_seq           INTEGER NOT NULL,
  turns              INTEGER NOT NULL,
  input_tokens       INTEGER,
  output_tokens      INTEGER,
  cache_read_tokens  INTEGER,
  cache_write_tokens INTEGER,
  reasoning_tokens   INTEGER,
  cost               INTEGER NOT NULL
) STRICT;

CREATE INDEX session_by_update ON session (updated_at);

-- The truth about every conversation: append-only, seq has no gaps within a session.
CREATE TABLE session_event (
  session INTEGER NOT NULL REFERENCES session (id),
  seq     INTEGER NOT NULL,
  at_ms   INTEGER NOT NULL,
  run     TEXT,
  fence   INTEGER NOT NULL,
  kind    TEXT    NOT NULL,
  version INTEGER NOT NULL,
  payload TEXT    NOT NULL,
  PRIMARY KEY (session, seq)
) STRICT, WITHOUT ROWID;

-- The ids grow in the order of acceptance. state is queued, running, or the name of the outcome.
CREATE TABLE run (
  id           INTEGER PRIMARY KEY,
  run          TEXT    NOT NULL UNIQUE,
  session      INTEGER NOT NULL REFERENCES session (id),
  agent        TEXT    NOT NULL,
  state        TEXT    NOT NULL,
  attempt      INTEGER NOT NULL,
  accepted_seq INTEGER NOT NULL,
  accepted_at  INTEGER NOT NULL,
  finished_at  INTEGER,
  outcome      TEXT
) STRICT;

-- One running run per session is a fact of the database, not of our care.
CREATE UNIQUE INDEX run_running ON run (session) WHERE state = 'running';
CREATE INDEX run_queued ON run (session, id) WHERE state = 'queued';

CREATE TABLE draft (
  run   INTEGER PRIMARY KEY REFERENCES run (id),
  text  TEXT NOT NULL,
  model TEXT NOT NULL
) STRICT;

-- Projection of the model calls inside runs, plus the rows of the direct path.
CREATE TABLE usage (
  id                 INTEGER PRIMARY KEY,
  at_ms              INTEGER NOT NULL,
  run                TEXT,
  session            TEXT,
  agent              TEXT,
  provider           TEXT NOT NULL,
  model              TEXT NOT NULL,
  input_tokens       INTEGER,
  output_tokens      INTEGER,
  cache_read_tokens  INTEGER,
  cache_write_tokens INTEGER,
  reasoning_tokens   INTEGER,
  cost               INTEGER
) STRICT;

CREATE INDEX usage_by_time ON usage (at_ms);

CREATE TABLE idempotency (
  scope       TEXT    NOT NULL,
  key         TEXT    NOT NULL,
  fingerprint TEXT    NOT NULL,
  run         TEXT    NOT NULL,
  expires_at  INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);

-- A lease that was given back keeps its row, so that its fence goes on growing.
CREATE TABLE lease (
  name       TEXT    NOT NULL PRIMARY KEY,
  holder     TEXT,
  fence      INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
