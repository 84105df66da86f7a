-- The rows that one payment leaves behind, with the fewest indexes that the three requests need.
CREATE TABLE user (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
  email BLOB NOT NULL,
  name BLOB NOT NULL,
  is_active TINYINT NOT NULL,
  created_at DATETIME(6) NOT NULL
);
CREATE TABLE session (
  token_hash BINARY(32) PRIMARY KEY,
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  revoked_at DATETIME(6)
);
CREATE TABLE idempotency_record (
  user_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  route VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  idempotency_key VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  request_hash BINARY(32) NOT NULL,
  response_status SMALLINT NOT NULL,
  response_body BLOB NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (user_id, route, idempotency_key)
);
CREATE TABLE payment (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
  customer_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(20) CHARACTER SET ascii NOT NULL,
  amount_minor BIGINT NOT NULL,
  amount_captured_minor BIGINT NOT NULL,
  amount_refunded_minor BIGINT NOT NULL,
  currency CHAR(3) CHARACTER SET ascii NOT NULL,
  payment_method VARCHAR(60) CHARACTER SET ascii NOT NULL,
  capture_method VARCHAR(20) CHARACTER SET ascii NOT NULL,
  metadata BLOB,
  created_at DATETIME(6) NOT NULL,
  KEY payment_by_customer (customer_id, id)
);
CREATE TABLE transfer (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
  debit_account_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  credit_account_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
  currency CHAR(3) CHARACTER SET ascii NOT NULL,
  reason VARCHAR(60) CHARACTER SET ascii NOT NULL,
  reference_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(6) NOT NULL
);
CREATE TABLE audit_entry (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
  occurred_at DATETIME(6) NOT NULL,
  actor_id VARCHAR(40) CHARACTER SET ascii NOT NULL,
  session_id VARCHAR(40) CHARACTER SET ascii NOT NULL,
  action VARCHAR(60) CHARACTER SET ascii NOT NULL,
  resource_id VARCHAR(40) CHARACTER SET ascii NOT NULL,
  outcome VARCHAR(20) CHARACTER SET ascii NOT NULL,
  request_id VARCHAR(60) CHARACTER SET ascii NOT NULL,
  client_address BLOB NOT NULL
);
CREATE TABLE outbox_message (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
  type VARCHAR(80) CHARACTER SET ascii NOT NULL,
  payload TEXT NOT NULL,
  status VARCHAR(20) CHARACTER SET ascii NOT NULL,
  created_at DATETIME(6) NOT NULL
);
