-- What sentences say of the site itself and of what registers answered.

-- figure probes_down
select host, count(*) filter (outcome = 'down') as n, count(*) as "of", n / "of" as value,
    days_back(30) as since, getvariable('as_of') as until
from usable_probe where observed_on between days_back(30) and getvariable('as_of') group by host

-- figure orders_dropped
select host, count(*) filter (dropped) as n, count(*) as "of", n / "of" as value,
    days_back(90) as since, getvariable('as_of') as until
from paid_order
where paid_at::date >= days_back(90) and paid_at + interval 24 hour <= ends() group by host

-- figure orders_unprocessed
select host, greatest(total - processed, 0) as value from counter
where nth = 1

-- figure domain_days
select host, getvariable('as_of') - registered_on as value from (
    select host, registered_on, row_number() over (partition by host order by observed_at desc, source_id desc, id desc) as nth
    from visible('registration_all') where registered_on is not null
) where nth = 1

-- figure penalties_standing
select site.host, count(p.id) as value, days_back(3650) as since, getvariable('as_of') as until
from site left join penalty p on p.host = site.host and p.decided_on between days_back(3650) and getvariable('as_of')
    and (p.ended_on is null or p.ended_on > getvariable('as_of'))
group by site.host

-- figure penalties_lifted
select site.host, count(p.id) as value, days_back(3650) as since, getvariable('as_of') as until
from site left join penalty p on p.host = site.host and p.decided_on between days_back(3650) and getvariable('as_of')
    and p.ended_on <= getvariable('as_of')
group by site.host

-- figure filing_asked_days_ago
select host, getvariable('as_of') - observed_at::date as value from newest('own_filing') where nth = 1

-- figure domain_changes
select site.host, count(c.observed_on) as value, days_back(365) as since, getvariable('as_of') as until
from site left join domain_change c on c.host = site.host and c.observed_on between days_back(365) and getvariable('as_of')
group by site.host

-- figure others_reached by until
select a.host, a."until", a."until" as since,
    count(distinct s.id) filter (p.outcome in ('ok', 'slow')) as n, count(distinct s.id) as "of", if("of" = 0, 0, n / "of") as value
from (select distinct host, "until" from figures where name = 'others_reached') a
left join site s on s.host <> a.host
join probe_all p on p.platform_id = s.id and p.seen_at::date = a."until"
    and (p.withdrawn_at is null or p.withdrawn_at > p.seen_at)
group by a.host, a."until"
