-- By what a recorded message showed that it is its institution's, where the same could be sent again by whoever has captured it: a digest of the
-- signature. What a program writes that does not know the column has none.

alter table transcript_message add column seal bytea;
