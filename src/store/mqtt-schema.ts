/**
 * What the embedded MQTT broker keeps: sessions that outlive their connection with their subscriptions, the messages that wait for
 * them (`released`: a QoS 2 message for which PUBREL was sent), the ids of QoS 2 messages that a client has not released, retained
 * messages, and the wills of connected clients.
 */
export const MQTT_SESSION_TABLES = `
CREATE TABLE mqtt_session (
  client TEXT PRIMARY KEY,
  username TEXT NOT NULL,
  seen INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE mqtt_subscription (
  client TEXT NOT NULL,
  filter TEXT NOT NULL,
  qos INTEGER NOT NULL,
  PRIMARY KEY (client, filter)
) WITHOUT ROWID;
CREATE TABLE mqtt_outgoing (
  seq INTEGER PRIMARY KEY,
  client TEXT NOT NULL,
  topic TEXT NOT NULL,
  payload BLOB NOT NULL,
  qos INTEGER NOT NULL,
  message_id INTEGER,
  released INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX mqtt_outgoing_client ON mqtt_outgoing (client, seq);
CREATE INDEX mqtt_outgoing_message ON mqtt_outgoing (client, message_id) WHERE message_id IS NOT NULL;
CREATE TABLE mqtt_incoming (
  client TEXT NOT NULL,
  message_id INTEGER NOT NULL,
  PRIMARY KEY (client, message_id)
) WITHOUT ROWID;
CREATE TABLE mqtt_retained (
  topic TEXT PRIMARY KEY,
  payload BLOB NOT NULL,
  qos INTEGER NOT NULL
);
CREATE TABLE mqtt_will (
  client TEXT PRIMARY KEY,
  username TEXT NOT NULL,
  topic TEXT NOT NULL,
  payload BLOB NOT NULL,
  qos INTEGER NOT NULL,
  retain INTEGER NOT NULL
);
`;

/** The users of the broker with the hashes of their passwords, and what they may do (`username` empty: all of them). */
export const MQTT_ACCOUNT_TABLES = `
CREATE TABLE mqtt_user (
  name TEXT PRIMARY KEY,
  hash TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE mqtt_acl (
  username TEXT NOT NULL,
  filter TEXT NOT NULL,
  access TEXT NOT NULL,
  PRIMARY KEY (username, filter)
) WITHOUT ROWID;
`;
