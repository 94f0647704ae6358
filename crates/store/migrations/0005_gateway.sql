-- Institutions that sign with SM2, and signatures that are good for one message.

-- The SM2 public key, 04 and 128 hexadecimal digits; empty where the institution's way of authenticating has none.
alter table institution add column public_key text not null default '';

-- The message that a signature came with, where it may come again with that one: transaction number and message id.
alter table nonce add column message text;
