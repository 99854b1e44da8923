-- Engine accounts of users, transfers of money in and out, and the outbox that hands them to the
-- engine exactly once. Owned and written by accounts/payments. Amounts are minor units of the
-- asset, times UTC milliseconds since 1970. user_id is identity.users' (another role's table, so
-- there is no foreign key across).

CREATE TABLE payments.accounts (
  user_id    bigint PRIMARY KEY,
  state      text   NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'open')),
  account_id bigint UNIQUE,
  group_id   bigint UNIQUE,
  created_ms bigint NOT NULL,
  opened_ms  bigint,
  CHECK ((state = 'open') = (account_id IS NOT NULL AND group_id IS NOT NULL
                             AND opened_ms IS NOT NULL))
);
CREATE INDEX accounts_waiting ON payments.accounts (user_id) WHERE state = 'waiting';
REVOKE DELETE ON payments.accounts FROM saker_payments;

-- transfer_id is the reference that the engine carries into the ledger. It starts high, so that it
-- never meets the small numbers that operators choose by hand.
CREATE TABLE payments.transfers (
  transfer_id     bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000000001) PRIMARY KEY,
  user_id         bigint NOT NULL REFERENCES payments.accounts,
  account_id      bigint NOT NULL,
  kind            text   NOT NULL CHECK (kind IN ('deposit', 'withdrawal', 'faucet')),
  asset_id        bigint NOT NULL,
  asset           text   NOT NULL,
  decimals        int    NOT NULL,
  amount          bigint NOT NULL CHECK (amount > 0),
  destination     text   NOT NULL DEFAULT '',
  status          text   NOT NULL DEFAULT 'pending' CHECK (status IN
                    ('pending', 'completed', 'held', 'paid', 'void', 'refused')),
  reason          text,
  request_key     text,
  engine_sequence bigint,
  payout_ms       bigint,
  created_ms      bigint NOT NULL,
  updated_ms      bigint NOT NULL,
  UNIQUE (user_id, request_key),
  CHECK ((status IN ('held', 'paid', 'void')) <= (kind = 'withdrawal')),
  CHECK ((status = 'completed') <= (kind <> 'withdrawal'))
);
CREATE INDEX transfers_of_user ON payments.transfers (user_id, transfer_id DESC);
CREATE INDEX transfers_to_pay ON payments.transfers (payout_ms) WHERE status = 'held';
CREATE INDEX transfers_of_day ON payments.transfers (user_id, asset_id, kind, created_ms);
REVOKE DELETE ON payments.transfers FROM saker_payments;

-- One command to the engine. It is here, committed, before the engine hears of it; 'open' until
-- its outcome is known.
CREATE TABLE payments.outbox (
  outbox_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transfer_id     bigint NOT NULL REFERENCES payments.transfers,
  command         text   NOT NULL CHECK (command IN ('deposit', 'hold', 'pay', 'void')),
  state           text   NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'refused')),
  engine_sequence bigint,
  reason          text,
  created_ms      bigint NOT NULL,
  decided_ms      bigint,
  UNIQUE (transfer_id, command),
  CHECK ((state = 'open') = (decided_ms IS NULL))
);
-- A withdrawal is settled one way, not both.
CREATE UNIQUE INDEX outbox_one_settlement ON payments.outbox (transfer_id)
  WHERE command IN ('pay', 'void');
CREATE INDEX outbox_open ON payments.outbox (outbox_id) WHERE state = 'open';
REVOKE DELETE ON payments.outbox FROM saker_payments;

-- When a user last took an asset from the faucet. The primary key makes two claims at one time
-- one claim.
CREATE TABLE payments.faucet_claims (
  user_id     bigint NOT NULL REFERENCES payments.accounts,
  asset_id    bigint NOT NULL,
  claimed_ms  bigint NOT NULL,
  transfer_id bigint NOT NULL REFERENCES payments.transfers,
  PRIMARY KEY (user_id, asset_id)
);
