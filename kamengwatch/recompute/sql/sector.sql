-- What sentences say of all watched sites together; `host` is empty.

-- figure drops_4_weeks
select '' as host, count(c.id) as value, last_sunday() - 27 as since, last_sunday() as until
from (select 1) left join counted c on a_drop(c.kinds) and c.filed_on between last_sunday() - 27 and last_sunday()

-- figure drops_4_weeks_before
select '' as host, count(c.id) as value, last_sunday() - 55 as since, last_sunday() - 28 as until
from (select 1) left join counted c on a_drop(c.kinds) and c.filed_on between last_sunday() - 55 and last_sunday() - 28

-- figure closures_12m
select '' as host, count(*) as value, first_of_months() as since, getvariable('as_of') as until from closure

-- figure closures_down_at_first
select '' as host, count(*) filter (where not answered and warned_on is null) as value, first_of_months() as since, getvariable('as_of') as until
from closure

-- figure closures_warned
select '' as host, count(warned_on) as n, count(*) filter (where answered or warned_on is not null) as "of", if("of" = 0, 0, n / "of") as value,
    first_of_months() as since, getvariable('as_of') as until
from closure

-- figure lead_days_median
select '' as host, median(down_on - warned_on) as value, count(*) as n, first_of_months() as since, getvariable('as_of') as until
from closure where warned_on is not null having count(*) > 0

-- figure linked_sites
select host, count(*) as value from links group by host
