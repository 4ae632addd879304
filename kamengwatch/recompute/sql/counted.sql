-- Complaints by the end of the day, and which of them count: they stand, are no spam, are not held back as part of a campaign,
-- and each text and each person counts once (a copy is none of its own). Copies are found among what is shown and stands.

create table complaint as
select
    id, host, site, source_id, source_key, seen_at::date as seen_on, filed_at, filed_at::date as filed_on,
    known(replied_at)::date as replied_on, known(completed_at) as completed_at, known(completed_at)::date as completed_on,
    known(replied_at) is not null or known(replied_seen_at) is not null as answered,
    known(completed_at) is not null or known(completed_seen_at) is not null as settled,
    list_append(from_json(kinds, '["varchar"]'), primary_kind) as kinds
from visible('complaint_all');

-- Of two complaints of one moment the smaller signature comes first: its first eight bytes as a number, the lowest first.
create macro first_of(signature) as
    coalesce(array_to_string(list_transform(range(8), lambda i: hex(array_slice(signature, 8 - i, 8 - i))), ''), '0000000000000000');

-- Every complaint about a watched site that was visible at some time up to the day, with what makes copies recognisable.
create table told as
select
    c.id, site.host, c.source_id, c.source_key, c.seen_at, c.seen_at::date as seen_on, c.withdrawn_at::date as withdrawn_on,
    c.filed_at, c.filed_at::date as filed_on,
    c.signature, c.complainant, first_of(c.signature) as tie, known(c.completed_at) as completed_at,
    list_append(from_json(c.kinds, '["varchar"]'), c.primary_kind) as kinds
from complaint_all c join site on site.id = c.platform_id
where c.seen_at < ends() and (c.withdrawn_at is null or c.withdrawn_at > c.seen_at);

-- A signature is 64 bytes of hashed triples of characters; two unrelated bytes agree once in 256.
create macro agreeing(a, b) as len(list_filter(range(1, 65), lambda i: array_slice(a, i, i) = array_slice(b, i, i))) / 64.0;
create macro alike(a, b) as (agreeing(a, b) - 1 / 256.0) / (1 - 1 / 256.0);

-- A text of some ten characters has fewer than nine different bytes, and repeats none.
create macro long_enough(signature) as
    len(list_distinct(list_transform(range(1, 65), lambda i: array_slice(signature, i, i)))) >= 9;

-- The 16 bands of four bytes of each signature: texts that share none are not compared.
create table band as
select told.*, band, array_slice(signature, 4 * band + 1, 4 * band + 4) as key
from told, range(16) bands(band) where signature is not null;

-- Common wording: three occasions (a site in one period of 28 days) told it before, by at least ten of its bands.
create table occasion as
select band, key, host, epoch_us(filed_at) // (28 * 86400000000) as period, min(seen_on) as seen_on
from band group by all;

create table common_band as
select band, key, seen_on from (
    select *, row_number() over (partition by band, key order by seen_on) as nth from occasion
) where nth = 3;

create table common_wording as
select id, max(since) as since from (
    select band.id, common_band.seen_on as since, row_number() over (partition by band.id order by common_band.seen_on) as nth
    from band join common_band using (band, key)
) where nth <= 10 group by id having count(*) = 10;

-- The days that are asked for copies: the one that is rated, and where a complaint was withdrawn, those of which a sentence tells.
create table asked as
select host, getvariable('as_of') as day from site
union
select host, "until" from figures where name = 'complainants_28d' and host in (select host from told where withdrawn_on is not null);

-- What is shown on such a day: no spam, and it stands. Nothing else makes another complaint a copy.
create table listed as
select told.*, asked.day from told join asked on asked.host = told.host
where told.seen_on <= asked.day and (told.withdrawn_on is null or told.withdrawn_on > asked.day) and not list_contains(told.kinds, 'spam');

-- The complaint before it: of the same site and band (or person), seen at most 14 days earlier.
create table copy_on as
with nearest as (
    select listed.day, band.id, band.host, band.seen_on, band.signature,
        lag(band.id) over same as earlier, lag(band.seen_on) over same as earlier_seen, lag(band.signature) over same as earlier_signature
    from band join listed on listed.id = band.id
    window same as (
        partition by listed.day, band.host, band.band, band.key
        order by band.seen_on, band.filed_at, band.tie, band.seen_at, band.source_id, band.id
    )
)
select distinct n.day, n.id from nearest n left join common_wording c on c.id = n.id
where n.seen_on - n.earlier_seen <= 14 and alike(n.signature, n.earlier_signature) >= 0.7
  and (c.since is null or n.seen_on < c.since) and long_enough(n.signature)
union
select day, id from (
    select day, id,
        seen_on - lag(seen_on) over (partition by day, host, complainant order by seen_on, filed_at, tie, seen_at, source_id, id) as gap
    from listed where complainant is not null
) where gap <= 14;

create table copy as select id from copy_on where day = getvariable('as_of');

-- Complaints a person or the method holds back, as the snapshot lists them, by the days on which they are.
create table held as
select told.id, s.since, s.until
from (select host, since, until, unnest(evidence) as evidence from set_aside where reason = 'held') s
join told on told.host = s.host and s.evidence = 'complaint:' || told.source_id || ':' || told.source_key;

create macro held_on(day) as table select id from held where since <= day and (until is null or until > day);

create table counted as
select * from complaint
where not list_contains(kinds, 'spam')
  and id not in (select id from copy)
  and id not in (select id from held_on(getvariable('as_of')));

-- Shown, and none of those.
create table aside as
select * from complaint where not list_contains(kinds, 'spam') and id not in (select id from counted);

create macro a_drop(kinds) as
    list_has_any(kinds, ['drop.payment_not_synced', 'drop.stuck', 'drop.record_lost', 'drop.unspecified', 'out_of_stock_after_payment']);
create macro a_refund(kinds) as list_has_any(kinds, ['refund_delayed', 'refund_refused']);
create macro of_a_stream(kinds) as a_drop(kinds) or a_refund(kinds)
    or list_has_any(kinds, ['withdrawal_blocked', 'balance_frozen', 'upstream_funds', 'unreachable', 'site_gone']);
