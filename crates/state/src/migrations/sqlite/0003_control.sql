-- Small records that are read and written whole.
CREATE TABLE document (
  kind       TEXT NOT NULL,
  id         TEXT NOT NULL,
  text       TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- What somebody set for a session, as JSON; it is no part of the log.
ALTER TABLE session ADD COLUMN entry TEXT NOT NULL DEFAULT '{}';
-- Projection: the conversation begins at this record; what is older is kept and no part of it.
ALTER TABLE session ADD COLUMN start INTEGER NOT NULL DEFAULT 1;
-- Not listed any more; its key was changed so that it can be opened anew.
ALTER TABLE session ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;

CREATE INDEX session_by_id ON session (session_id);
