-- Who the users are and how they prove it. Owned and written by accounts/identity. Times are UTC
-- milliseconds since 1970, as the interface shows them. Nothing here can be turned back into a code
-- or a token: both are stored as keyed hashes whose key is not in the database.

CREATE TABLE identity.users (
  user_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email        text   NOT NULL UNIQUE CHECK (email = lower(email) AND length(email) <= 254),
  display_name text   NOT NULL CHECK (length(display_name) BETWEEN 1 AND 64),
  created_ms   bigint NOT NULL
);
REVOKE DELETE ON identity.users FROM saker_identity;

-- The one code that an address can be entered with; the next one takes its place. It is here for
-- known and unknown addresses alike.
CREATE TABLE identity.codes (
  email      text   PRIMARY KEY,
  code_hash  bytea  NOT NULL CHECK (length(code_hash) = 32),
  created_ms bigint NOT NULL,
  expires_ms bigint NOT NULL,
  tries_left int    NOT NULL CHECK (tries_left >= 0)
);
CREATE INDEX codes_expiry ON identity.codes (expires_ms);

-- What an address or a network has used up of a limit: the time at which it would be empty again.
CREATE TABLE identity.limits (
  kind     text   NOT NULL,
  subject  text   NOT NULL,
  empty_ms bigint NOT NULL,
  PRIMARY KEY (kind, subject)
);
CREATE INDEX limits_expiry ON identity.limits (empty_ms);

-- A sign-in. All refresh tokens of a session are one family: it ends as a whole.
CREATE TABLE identity.sessions (
  session_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id      bigint NOT NULL REFERENCES identity.users,
  created_ms   bigint NOT NULL,
  last_used_ms bigint NOT NULL,
  expires_ms   bigint NOT NULL,
  user_agent   text   NOT NULL,
  address      text   NOT NULL,
  ended_ms     bigint,
  ended_reason text CHECK (ended_reason IN ('signed_out', 'revoked', 'token_reused', 'too_many')),
  CHECK ((ended_ms IS NULL) = (ended_reason IS NULL))
);
CREATE INDEX sessions_of_user ON identity.sessions (user_id);
CREATE INDEX sessions_ended ON identity.sessions (ended_ms);
CREATE INDEX sessions_expiry ON identity.sessions (expires_ms);

CREATE TABLE identity.refresh_tokens (
  token_hash bytea  PRIMARY KEY CHECK (length(token_hash) = 32),
  session_id bigint NOT NULL REFERENCES identity.sessions ON DELETE CASCADE,
  created_ms bigint NOT NULL,
  used_ms    bigint
);
CREATE INDEX refresh_tokens_of_session ON identity.refresh_tokens (session_id);
-- At any time only one token of a family is good.
CREATE UNIQUE INDEX refresh_tokens_current ON identity.refresh_tokens (session_id)
  WHERE used_ms IS NULL;
