-- What the server remembers. Times are seconds since 1970, documents are JSON.
CREATE TABLE namespaces (
  name TEXT PRIMARY KEY,
  document TEXT NOT NULL            -- seed, frozen time
) WITHOUT ROWID;

CREATE TABLE integrations (
  namespace TEXT NOT NULL,
  number INTEGER NOT NULL,
  state TEXT NOT NULL,              -- active, paused, deleted
  document TEXT NOT NULL,
  PRIMARY KEY (namespace, number)
) WITHOUT ROWID;

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  namespace TEXT NOT NULL,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  run TEXT,
  state TEXT NOT NULL,              -- scheduled, happened
  due REAL NOT NULL,
  document TEXT NOT NULL,
  UNIQUE (namespace, number)
);

CREATE TABLE deliveries (
  namespace TEXT NOT NULL,
  number INTEGER NOT NULL,
  integration INTEGER NOT NULL,
  event INTEGER,
  name TEXT,                        -- the event's name, none for a verify request
  state TEXT NOT NULL,              -- pending, delivered, failed, dropped
  due REAL NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (namespace, number)
) WITHOUT ROWID;

CREATE TABLE bodies (               -- apart, so that a change of a delivery's state writes no body again
  id INTEGER PRIMARY KEY,
  namespace TEXT NOT NULL,
  delivery INTEGER NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (namespace, delivery)
);

CREATE TABLE attempts (
  namespace TEXT NOT NULL,
  delivery INTEGER NOT NULL,
  number INTEGER NOT NULL,
  state TEXT NOT NULL,              -- sending, answered, broken, interrupted
  started REAL NOT NULL,
  document TEXT NOT NULL,           -- what was sent, as far as it is not what the delivery says
  body BLOB,                        -- the bytes sent, where a fault has changed them
  answer TEXT,
  answer_body BLOB,
  PRIMARY KEY (namespace, delivery, number)
) WITHOUT ROWID;
