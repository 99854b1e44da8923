-- The entries of trades (reasons 1 and 2: seven of eight, or more) leave the index by account, which
-- cost settlement half of the server's time: inserts all over it for what two other indexes know.
-- The trades of an account are in trades_of_maker and trades_of_taker, and a trade's entries have
-- its sequence, the front of the primary key; see statement() of accounts/history.
--
-- In no index by account are the fees that the venue's own account takes; nothing asks for them.
DROP INDEX ledger.entries_of_account;
CREATE INDEX entries_of_account ON ledger.entries (account, sequence, leg)
  WHERE reason NOT IN (1, 2);
