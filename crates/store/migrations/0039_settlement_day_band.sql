-- How many stays of a day the funds paid more than 10,000, 50,000 and 100,000 yuan of (住院基金支付分布), counted with the day's other figures. Days that were
-- counted before have none until the program counts them.

alter table settlement_day
    add column over_1 bigint,                 -- above 10,000 yuan
    add column over_5 bigint,                 -- above 50,000 yuan
    add column over_10 bigint;                -- above 100,000 yuan
