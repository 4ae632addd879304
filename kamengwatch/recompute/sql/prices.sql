-- Prices against the median of the same goods at all watched sites.

create table priced as
select site.host, w.ware, p.price, p.observed_at, p.seen_at, p.source_id, p.id, p.observed_at::date as observed_on,
    greatest(p.seen_at::date, p.observed_at::date) as known_on,
    if(p.withdrawn_at < ends(), p.withdrawn_at::date, null) as withdrawn_on
from price_all p join site on site.id = p.platform_id join ware w on w.product = p.product
where p.seen_at < ends() and (p.withdrawn_at is null or p.withdrawn_at > p.seen_at) and p.price > 0;

-- Medians are taken on every 28th day of the calendar, of what was seen in the 28 days up to it, and on the first day of all.
create table priced_on as
select day::date as day from (
    select unnest(generate_series(getvariable('first_day')::timestamp, getvariable('as_of')::timestamp, interval 1 day)) as day
) where (day::date - date '1970-01-01') % 28 = 0 or day::date = getvariable('first_day');

-- One vote for each site, its latest price; three sites make a median.
create table middle_price as
select day, ware, median(price) as price from (
    select o.day, p.ware, p.price, row_number() over (
        partition by o.day, p.host, p.ware order by p.observed_at desc, p.seen_at desc, p.source_id desc, p.id desc
    ) as nth
    from priced_on o join priced p on p.known_on <= o.day and p.known_on > o.day - 28
) where nth = 1 group by day, ware having count(*) >= 3;

create table compared_price as
select p.*, ln(p.price / m.price) as distance
from priced p join middle_price m
    on m.ware = p.ware and m.day = (select max(o.day) from priced_on o where o.day <= p.known_on);

-- The last day on which a price of the seven days before was known.
create table price_known as
select host, max(least(observed_on + 6, coalesce(withdrawn_on - 1, getvariable('as_of')), getvariable('as_of'))) as day
from compared_price
where known_on <= least(observed_on + 6, coalesce(withdrawn_on - 1, getvariable('as_of')), getvariable('as_of'))
group by host;
