-- What sentences say of complaints.

-- figure complaints_30d
select site.host, count(c.id) as value, days_back(30) as since, getvariable('as_of') as until
from site left join complaint c on c.host = site.host and not list_contains(c.kinds, 'spam')
    and c.filed_on between days_back(30) and getvariable('as_of')
group by site.host

-- figure complaints_total
select site.host, count(c.id) as value
from site left join complaint c on c.host = site.host and not list_contains(c.kinds, 'spam')
group by site.host

-- figure complainants_30d
select site.host, count(c.id) as value, days_back(30) as since, getvariable('as_of') as until
from site left join counted c on c.host = site.host and c.filed_on between days_back(30) and getvariable('as_of')
group by site.host

-- figure answered
select host, count(*) filter (answered) as n, count(*) as "of", n / "of" as value,
    days_back(90) as since, getvariable('as_of') - 7 as until
from counted where filed_on between days_back(90) and getvariable('as_of') - 7 group by host

-- figure settled
select host, count(*) filter (settled) as n, count(*) as "of", n / "of" as value,
    days_back(90) as since, getvariable('as_of') - 7 as until
from counted where filed_on between days_back(90) and getvariable('as_of') - 7 group by host

-- figure refunds_open_after_7d
select host, count(*) filter (completed_on is null or completed_on > filed_on + 7) as n, count(*) as "of", n / "of" as value,
    days_back(90) as since, getvariable('as_of') - 7 as until
from counted
where a_refund(kinds) and filed_on between days_back(90) and getvariable('as_of') - 7
    and not (settled and completed_on is null)
group by host

-- figure refunds_settled_unknown_day
select host, count(*) as value, days_back(90) as since, getvariable('as_of') - 7 as until
from counted
where a_refund(kinds) and filed_on between days_back(90) and getvariable('as_of') - 7 and settled and completed_on is null
group by host

-- figure drops_settled
select host, count(*) filter (settled) as n, count(*) as "of", n / "of" as value,
    days_back(90) as since, getvariable('as_of') as until
from counted where a_drop(kinds) and filed_on between days_back(90) and getvariable('as_of') group by host

-- figure drops_settled_days_median
select host, median(completed_on - filed_on) as value, count(*) as n, days_back(90) as since, getvariable('as_of') as until
from counted
where a_drop(kinds) and filed_on between days_back(90) and getvariable('as_of') and completed_on is not null
group by host

-- figure drops_90d
select host, count(*) filter (a_drop(kinds)) as n, count(*) as "of", n / "of" as value,
    days_back(90) as since, getvariable('as_of') as until
from counted where filed_on between days_back(90) and getvariable('as_of') group by host

-- figure unreachable
select host, count(*) filter (list_has_any(kinds, ['unreachable', 'site_gone'])) as n, count(*) as "of", n / "of" as value,
    days_back(90) as since, getvariable('as_of') as until
from counted where filed_on between days_back(90) and getvariable('as_of') group by host

-- figure withdrawal_complaints_30d
select site.host, count(c.id) as value, days_back(30) as since, getvariable('as_of') as until
from site left join counted c on c.host = site.host and c.filed_on between days_back(30) and getvariable('as_of')
    and list_has_any(c.kinds, ['withdrawal_blocked', 'balance_frozen'])
group by site.host
