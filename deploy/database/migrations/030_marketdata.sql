-- Candles and trades, from the event journal; saker-marketdata alone writes and reads here. Derived:
-- an empty schema and the same journal give the same rows again.
--
-- Prices are ticks and quantities lots of the market, quote amounts minor units of its quote asset,
-- times UTC; numbers that are 64 bits unsigned in the engine stand here bit for bit as bigint.

-- Up to where the journal of a shard has been applied; moved in the transaction that applies it.
CREATE TABLE marketdata.cursor (
  shard       smallint PRIMARY KEY,
  sequence    bigint NOT NULL,
  epoch       bigint NOT NULL,
  log_id      bigint NOT NULL,
  entry_sequence   bigint NOT NULL,
  entry_chain_head bigint NOT NULL,
  time_ns     bigint NOT NULL,
  updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE marketdata.trades (
  trade_id      bigint   NOT NULL,
  sequence      bigint   NOT NULL,
  time_ns       bigint   NOT NULL,
  price_ticks   bigint   NOT NULL,
  quantity_lots bigint   NOT NULL,
  quote_amount  bigint   NOT NULL,
  market        int      NOT NULL,
  taker_side    smallint NOT NULL,   -- 0 buy, 1 sell
  PRIMARY KEY (market, trade_id)
);
-- Trades of a candle, when one of them is taken back.
CREATE INDEX trades_by_time ON marketdata.trades (market, time_ns);

-- Trades taken back; they count in no candle.
CREATE TABLE marketdata.busts (
  market   int    NOT NULL,
  trade_id bigint NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (market, trade_id)
);

-- One row for each interval in which there was a trade.
CREATE TABLE marketdata.candles (
  market        int     NOT NULL,
  interval_s    int     NOT NULL,    -- 60 300 900 3600 14400 86400
  open_time_s   bigint  NOT NULL,    -- a multiple of interval_s since 1970
  open_ticks    bigint  NOT NULL,
  high_ticks    bigint  NOT NULL,
  low_ticks     bigint  NOT NULL,
  close_ticks   bigint  NOT NULL,
  volume_lots   numeric NOT NULL,
  quote_volume  numeric NOT NULL,
  trades        bigint  NOT NULL,
  last_trade_id bigint  NOT NULL,
  PRIMARY KEY (market, interval_s, open_time_s)
);
