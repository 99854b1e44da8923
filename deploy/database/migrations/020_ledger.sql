-- The ledger: what the event journal says, row by row. Derived: an empty ledger and the same journal
-- give the same rows again, and the command log stays the authority. Written by saker-settlement
-- alone, read by accounts.
--
-- Amounts are minor units of the asset, prices ticks and quantities lots of the market, times UTC
-- nanoseconds since 1970. Numbers that are 64 bits unsigned in the engine (references, order ids,
-- client order ids, hashes) stand here bit for bit as bigint: read a negative one as unsigned.
-- saker_settlement has SELECT and INSERT on everything here; UPDATE only where it is granted below.

-- Up to where the journal of a shard has been applied; moved in the transaction that applies it.
-- entry_* name the last command that moved anything: with epoch and log they tell this history from
-- another one.
CREATE TABLE ledger.cursor (
  shard       smallint PRIMARY KEY,
  sequence    bigint NOT NULL,
  epoch       bigint NOT NULL,
  log_id      bigint NOT NULL,
  entry_sequence   bigint NOT NULL,
  entry_chain_head bigint NOT NULL,
  time_ns     bigint NOT NULL,      -- of the last command applied
  updated_at  timestamptz NOT NULL DEFAULT now()
);
GRANT UPDATE ON ledger.cursor TO saker_settlement;

-- One leg of one command. Over a command the legs of an asset add up to zero; account 0 is the
-- outside world, from which deposits come and to which withdrawals go.
-- reason: 1 trade, 2 fee, 3 deposit, 4 withdrawal, 5 transfer, 6 bust.
-- reference: trade id (1, 2, 6), the payment's reference (3, 4), proposal (5).
CREATE TABLE ledger.entries (
  sequence  bigint   NOT NULL,
  amount    bigint   NOT NULL,
  balance   bigint   NOT NULL,      -- of the account in the asset afterwards; 0 for account 0
  reference bigint   NOT NULL,
  time_ns   bigint   NOT NULL,
  account   int      NOT NULL,
  asset     int      NOT NULL,
  market    int      NOT NULL,      -- 0: none
  shard     smallint NOT NULL,
  leg       smallint NOT NULL,      -- from 0, in the engine's order
  reason    smallint NOT NULL,
  PRIMARY KEY (shard, sequence, leg)
);
-- Statements: the entries of an account in order.
CREATE INDEX entries_of_account ON ledger.entries (account, sequence, leg);
-- Whether a payment has been applied: (account, reason, reference).
CREATE INDEX entries_of_payment ON ledger.entries (reference, account, reason)
  WHERE reason IN (3, 4);

-- The balance after the last entry of each account and asset. For account 0 the sum of its
-- entries: minus what is inside.
CREATE TABLE ledger.balances (
  account  int     NOT NULL,
  asset    int     NOT NULL,
  balance  bigint  NOT NULL,
  sequence bigint  NOT NULL,        -- of the last entry
  PRIMARY KEY (account, asset)
);
GRANT UPDATE ON ledger.balances TO saker_settlement;

-- What came in and went out, per asset.
CREATE TABLE ledger.totals (
  asset       int PRIMARY KEY,
  deposits    numeric NOT NULL,
  withdrawals numeric NOT NULL
);
GRANT UPDATE ON ledger.totals TO saker_settlement;

CREATE TABLE ledger.trades (
  trade_id       bigint   PRIMARY KEY,
  sequence       bigint   NOT NULL,
  time_ns        bigint   NOT NULL,
  price_ticks    bigint   NOT NULL,
  quantity_lots  bigint   NOT NULL,
  base_amount    bigint   NOT NULL,  -- minor units of base_asset that changed hands
  quote_amount   bigint   NOT NULL,
  maker_order_id bigint   NOT NULL,
  taker_order_id bigint   NOT NULL,
  maker_fee      bigint   NOT NULL,  -- minor units of quote_asset
  taker_fee      bigint   NOT NULL,
  maker_account  int      NOT NULL,
  taker_account  int      NOT NULL,
  market         int      NOT NULL,
  base_asset     int      NOT NULL,
  quote_asset    int      NOT NULL,
  shard          smallint NOT NULL,
  taker_side     smallint NOT NULL   -- 0 buy, 1 sell
);
CREATE INDEX trades_of_maker ON ledger.trades (maker_account, trade_id);
CREATE INDEX trades_of_taker ON ledger.trades (taker_account, trade_id);

-- Trades that two approvers have taken back; their entries have reason 6.
CREATE TABLE ledger.busts (
  trade_id bigint PRIMARY KEY,
  sequence bigint NOT NULL,
  time_ns  bigint NOT NULL,
  shard    smallint NOT NULL
);

-- A trade as each of its two accounts had it. Ask with `WHERE account = … ORDER BY trade_id`.
CREATE VIEW ledger.fills AS
  SELECT trade_id, maker_account AS account, maker_order_id AS order_id, market,
         (1 - taker_side)::smallint AS side, price_ticks, quantity_lots, base_amount,
         quote_amount, maker_fee AS fee, quote_asset AS fee_asset, 1::smallint AS liquidity,
         time_ns, sequence
    FROM ledger.trades
  UNION ALL
  SELECT trade_id, taker_account, taker_order_id, market,
         taker_side, price_ticks, quantity_lots, base_amount,
         quote_amount, taker_fee, quote_asset, 2::smallint,
         time_ns, sequence
    FROM ledger.trades;
-- liquidity: 1 maker, 2 taker.

-- Orders of customers' accounts (settlement.toml says from which account on), as they stand at the
-- cursor. A row's key is the command that entered the order.
CREATE TABLE ledger.orders (
  created_sequence bigint   PRIMARY KEY,
  order_id         bigint   NOT NULL,  -- 0: was refused, never got one
  client_order_id  bigint   NOT NULL,
  price_ticks      bigint   NOT NULL,  -- limit; 0: none
  quantity_lots    bigint   NOT NULL,
  leaves_lots      bigint   NOT NULL,  -- 0: nothing can trade any more
  filled_lots      bigint   NOT NULL,
  filled_quote     numeric  NOT NULL,  -- minor units of the quote asset, fees not in it
  filled_fee       numeric  NOT NULL,
  created_ns       bigint   NOT NULL,
  updated_ns       bigint   NOT NULL,
  updated_sequence bigint   NOT NULL,
  account          int      NOT NULL,
  market           int      NOT NULL,
  shard            smallint NOT NULL,
  side             smallint NOT NULL,  -- 0 buy, 1 sell
  type             smallint NOT NULL,  -- 0 limit, 1 market
  time_in_force    smallint NOT NULL,  -- 0 good till cancel, 1 immediate or cancel
  status           smallint NOT NULL,  -- 0 open, 1 filled, 2 cancelled, 3 rejected
  reason           int      NOT NULL   -- proto::Reason of 2 and 3; 0: none
);
GRANT UPDATE ON ledger.orders TO saker_settlement;
CREATE INDEX orders_of_account ON ledger.orders (account, created_sequence);
CREATE INDEX orders_by_id ON ledger.orders (order_id) WHERE order_id <> 0;
CREATE INDEX orders_by_client_id ON ledger.orders (account, client_order_id, created_sequence);
CREATE INDEX orders_open ON ledger.orders (created_sequence) WHERE status = 0;

-- What keeps withdrawals from going out until a person has looked: as long as the view says
-- `blocked`, accounts pays nothing. A clean reconciliation takes back an alarm of its own kind,
-- a rebuild of the ledger all.
CREATE TABLE ledger.alarms (
  alarm_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind       text   NOT NULL CHECK (kind IN ('reconciliation', 'contradiction', 'fork')),
  detail     text   NOT NULL,
  sequence   bigint NOT NULL,
  raised_at  timestamptz NOT NULL DEFAULT now(),
  cleared_at timestamptz
);
GRANT UPDATE (detail, sequence, cleared_at) ON ledger.alarms TO saker_settlement;
CREATE UNIQUE INDEX alarms_raised ON ledger.alarms (kind) WHERE cleared_at IS NULL;

CREATE VIEW ledger.withdrawals AS
  SELECT EXISTS (SELECT FROM ledger.alarms WHERE cleared_at IS NULL) AS blocked,
         (SELECT string_agg(kind || ': ' || detail, '; ' ORDER BY alarm_id)
            FROM ledger.alarms WHERE cleared_at IS NULL) AS reason;

-- The last comparison with the engine, for everyone to see.
CREATE TABLE ledger.reconciliations (
  reconciliation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sequence    bigint  NOT NULL,
  accounts    int     NOT NULL,
  differences int     NOT NULL,
  detail      text    NOT NULL,
  finished_at timestamptz NOT NULL DEFAULT now()
);
