-- Who has sent a recorded message: the institution's software, somebody at its window, or somebody of its office. What a program writes that does
-- not know the column came from software: it records nothing else.

alter table transcript_message add column origin text not null default 'software';
