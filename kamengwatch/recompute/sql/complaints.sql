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

-- figure void_after_delivery
select host, count(*) filter (list_has_any(kinds, ['invalid_card', 'account_taken_back', 'guarantee_not_kept'])) as n, count(*) as "of",
    n / "of" as value, days_back(90) as since, getvariable('as_of') as until
from counted where filed_on between days_back(90) and getvariable('as_of') group by host

-- figure withdrawal_complaints_30d
select site.host, count(c.id) as value, days_back(30) as since, getvariable('as_of') as until
from site left join counted c on c.host = site.host and c.filed_on between days_back(30) and getvariable('as_of')
    and list_has_any(c.kinds, ['withdrawal_blocked', 'balance_frozen'])
group by site.host

-- figure withdrawals_set_aside_30d
select host, count(*) as value, days_back(30) as since, getvariable('as_of') as until
from aside where filed_on between days_back(30) and getvariable('as_of') and list_has_any(kinds, ['withdrawal_blocked', 'balance_frozen'])
group by host

-- figure refunds_set_aside
select host, count(*) as value, days_back(90) as since, getvariable('as_of') - 7 as until
from aside where a_refund(kinds) and filed_on between days_back(90) and getvariable('as_of') - 7 group by host

-- figure drops_set_aside
select host, count(*) as value, days_back(90) as since, getvariable('as_of') as until
from aside where a_drop(kinds) and filed_on between days_back(90) and getvariable('as_of') group by host

-- figure complaints_set_aside by until
select host, count(*) filter (filed_on <= ends_on) as value, days_back(90) as since, ends_on as until
from aside, (select unnest([getvariable('as_of') - 7, getvariable('as_of')]) as ends_on)
where filed_on between days_back(90) and getvariable('as_of') group by host, ends_on

-- figure complainants_28d by until
select a.host, a.until, count(t.id) as value, a.until - 27 as since
from (select distinct host, "until" from figures where name = 'complainants_28d') a left join told t on t.host = a.host and t.filed_on between a.until - 27 and a.until
    and t.seen_on <= a.until and (t.withdrawn_on is null or t.withdrawn_on > a.until)
    and not list_contains(t.kinds, 'spam') and of_a_stream(t.kinds)
    and (t.id, if(t.host in (select host from told where withdrawn_on is not null), a.until, getvariable('as_of'))) not in (select (id, day) from copy_on)
    and not exists (from held h where h.id = t.id and h.since <= a.until and (h.until is null or h.until > a.until))
group by a.host, a.until
