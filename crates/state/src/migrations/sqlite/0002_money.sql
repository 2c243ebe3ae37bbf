-- Every call to a provider with what it cost, credentials at rest, and answers that clients may ask
-- for again. Times are milliseconds since the Unix epoch, money is in millionths of a US dollar,
-- and NULL in a token column means "not reported".

ALTER TABLE session ADD COLUMN media_tokens INTEGER;

ALTER TABLE usage RENAME TO usage_v1;
DROP INDEX usage_by_time;

-- Written by the ledger, one row per call. outcome and note are JSON.
CREATE TABLE usage (
  id                 INTEGER PRIMARY KEY,
  call               TEXT    NOT NULL UNIQUE,
  at_ms              INTEGER NOT NULL,
  key                TEXT,
  run                TEXT,
  session            TEXT,
  agent              TEXT,
  provider           TEXT    NOT NULL,
  model              TEXT    NOT NULL,
  input_tokens       INTEGER,
  output_tokens      INTEGER,
  cache_read_tokens  INTEGER,
  cache_write_tokens INTEGER,
  media_tokens       INTEGER,
  reasoning_tokens   INTEGER,
  cost               INTEGER,
  estimated          INTEGER NOT NULL,
  outcome            TEXT    NOT NULL,
  duration_ms        INTEGER NOT NULL,
  note               TEXT    NOT NULL
) STRICT;

INSERT INTO usage (id, call, at_ms, run, session, agent, provider, model, input_tokens,
    output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost, estimated,
    outcome, duration_ms, note)
  SELECT id, 'v1-' || id, at_ms, run, session, agent, provider, model, input_tokens,
    output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost, 0,
    '"answered"', 0, '{}'
  FROM usage_v1;

DROP TABLE usage_v1;

CREATE INDEX usage_by_time ON usage (at_ms);
CREATE INDEX usage_by_run ON usage (run) WHERE run IS NOT NULL;

CREATE TABLE cooldown (
  provider   TEXT    NOT NULL,
  credential TEXT    NOT NULL,
  -- Empty for all models of the credential.
  model      TEXT    NOT NULL,
  until      INTEGER NOT NULL,
  failures   INTEGER NOT NULL,
  reason     TEXT    NOT NULL,
  PRIMARY KEY (provider, credential, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE response (
  id         TEXT    NOT NULL PRIMARY KEY,
  owner      TEXT    NOT NULL,
  agent      TEXT,
  session    TEXT,
  run        TEXT,
  previous   TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  status     TEXT    NOT NULL,
  input      TEXT    NOT NULL,
  body       TEXT    NOT NULL
) STRICT;

CREATE INDEX response_by_expiry ON response (expires_at);
