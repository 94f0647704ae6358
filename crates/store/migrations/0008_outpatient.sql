-- Visits to outpatient departments and pharmacies, whose bills (收费批次) are settled one by one.

-- The kind of care (就医类别): 21 a stay in hospital, 11 outpatient, 14 chronic and special diseases, 41 pharmacy.
alter table visit add column care text not null default '21';
-- The bills of a visit that is no stay, as JSON: of each its sums, its last day, its disease and the settlement that holds it.
alter table visit add column bills text;

-- The bill that a line is of; empty for the lines of a stay.
alter table fee_line add column bill text not null default '';

-- What a settlement is of: the kind of care, and the bill of the visit.
alter table treatment_settlement add column care text not null default '21', add column bill text not null default '';
