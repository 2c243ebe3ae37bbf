-- Projection: the last run of a session and how full its context is, as JSON.
ALTER TABLE session ADD COLUMN last_run TEXT NOT NULL DEFAULT '{}';
