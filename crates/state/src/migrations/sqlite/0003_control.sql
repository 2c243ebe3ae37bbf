-- Small records that are read and written whole.
CREATE TABLE document (
  kind       TEXT NOT NULL,
  id         TEXT NOT NULL,
  text       TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
