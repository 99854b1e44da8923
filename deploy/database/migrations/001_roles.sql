-- One role per service, each in its own schema; passwords are set by cluster.sh, never here.
-- Everything belongs to saker_admin, who runs migrations, so that no service can change a table or
-- take back what it may only add to.

CREATE ROLE saker_identity   LOGIN NOINHERIT CONNECTION LIMIT 16;
CREATE ROLE saker_payments   LOGIN NOINHERIT CONNECTION LIMIT 16;
CREATE ROLE saker_settlement LOGIN NOINHERIT CONNECTION LIMIT 8;
CREATE ROLE saker_marketdata LOGIN NOINHERIT CONNECTION LIMIT 8;
-- For people: sees everything, changes nothing.
CREATE ROLE saker_reader     LOGIN CONNECTION LIMIT 4;
GRANT pg_read_all_data TO saker_reader;
ALTER ROLE saker_reader SET default_transaction_read_only = on;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON DATABASE saker FROM PUBLIC;
GRANT CONNECT ON DATABASE saker TO
  saker_identity, saker_payments, saker_settlement, saker_marketdata, saker_reader;

CREATE SCHEMA identity;
CREATE SCHEMA payments;
CREATE SCHEMA ledger;
CREATE SCHEMA marketdata;

GRANT USAGE ON SCHEMA identity   TO saker_identity;
GRANT USAGE ON SCHEMA payments   TO saker_payments;
GRANT USAGE ON SCHEMA ledger     TO saker_settlement, saker_payments;
GRANT USAGE ON SCHEMA marketdata TO saker_marketdata;

-- Tables of later migrations. A schema's own service reads and writes; the ledger is only added
-- to (what may move, such as the cursor, is granted by the migration that makes it) and read by
-- payments.
ALTER DEFAULT PRIVILEGES IN SCHEMA identity
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO saker_identity;
ALTER DEFAULT PRIVILEGES IN SCHEMA identity
  GRANT USAGE, SELECT ON SEQUENCES TO saker_identity;
ALTER DEFAULT PRIVILEGES IN SCHEMA payments
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO saker_payments;
ALTER DEFAULT PRIVILEGES IN SCHEMA payments
  GRANT USAGE, SELECT ON SEQUENCES TO saker_payments;
ALTER DEFAULT PRIVILEGES IN SCHEMA ledger
  GRANT SELECT, INSERT ON TABLES TO saker_settlement;
ALTER DEFAULT PRIVILEGES IN SCHEMA ledger
  GRANT USAGE, SELECT ON SEQUENCES TO saker_settlement;
ALTER DEFAULT PRIVILEGES IN SCHEMA ledger
  GRANT SELECT ON TABLES TO saker_payments;
ALTER DEFAULT PRIVILEGES IN SCHEMA marketdata
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO saker_marketdata;
ALTER DEFAULT PRIVILEGES IN SCHEMA marketdata
  GRANT USAGE, SELECT ON SEQUENCES TO saker_marketdata;
