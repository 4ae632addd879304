-- Which days a site was covered: somebody looked and nothing failed since, for at most seven days.

-- Every observation of a watched site that was seen, and what one has looked at who saw it (empty: nothing that is asked for).
create table seen_of as
select o.*, site.host, o.seen_at::date as seen_on from (
    select platform_id, source_id, seen_at, withdrawn_at, 'complaint' as looked_at from complaint_all
    union all select platform_id, source_id, seen_at, withdrawn_at, 'complaint' from counters_all
    union all select platform_id, source_id, seen_at, withdrawn_at, 'site' from orders_all
    union all select platform_id, source_id, seen_at, withdrawn_at, 'site' from price_all
    union all select platform_id, source_id, seen_at, withdrawn_at, 'site' from page_all
    union all select platform_id, source_id, seen_at, withdrawn_at, 'probe' from probe_all
    union all select platform_id, source_id, seen_at, withdrawn_at, 'filing' from filing_all
    union all select platform_id, source_id, seen_at, withdrawn_at, 'registration' from registration_all
    union all select platform_id, source_id, seen_at, withdrawn_at, 'order' from order_record_all
    -- A published list of sites is no register.
    union all select platform_id, source_id, seen_at, withdrawn_at, if(category = '列入公开名单', null, 'penalty') from penalty_all
    union all select platform_id, source_id, seen_at, withdrawn_at, null from rank_entry_all
    union all select platform_id, source_id, seen_at, withdrawn_at, null from certificate_all
    union all select platform_id, source_id, seen_at, withdrawn_at, null from resolution_all
    union all select platform_id, source_id, seen_at, withdrawn_at, null from move_all
) o join site on site.id = o.platform_id
where o.seen_at < ends() and (o.withdrawn_at is null or o.withdrawn_at > o.seen_at);

create table visit as
select source_id, null::bigint as platform_id, finished_at::date as day, outcome = 'ok' as ok from crawl_all
where whole_source and finished_at < ends()
union all
select c.source_id, p.platform_id, c.finished_at::date, p.outcome = 'ok'
from crawl_platform_all p join crawl_all c on c.id = p.crawl_id join site on site.id = p.platform_id
where c.finished_at < ends();

-- The first day of everything, at most 800 days ago.
set variable first_day = (
    select greatest(getvariable('as_of') - 799, least(getvariable('as_of'), min(day))) from
    (select min(seen_on) as day from seen_of union all select min(day) from visit)
);

-- From which day on a visit of a source says something of a group: from the start where that is its job, else once it showed any.
create table shows as
select source_id, looked_at, min(since) as since from (
    select id as source_id, looked_at, date '0001-01-01' as since from source_all join (
        values ('heimao', 'complaint'), ('icp', 'filing'), ('storefront', 'site'), ('availability', 'probe'),
            ('registration', 'registration'), ('gsxt', 'penalty'), ('feed', 'order')
    ) jobs(source, looked_at) on source = id
    union all select source_id, looked_at, min(seen_on) from seen_of where looked_at is not null group by source_id, looked_at
) group by source_id, looked_at;

create table coverage_asked as
select distinct site.id, site.host from site join figures f on f.host = site.host
where f.name in ('covered_share_14d', 'complaints_read_days_ago');

create table look as
select host, source_id, looked_at, day,
    case when bool_or(of_it) then true when bool_or(of_it is not null) then false else bool_or(ok) end as ok,
    bool_or(failed) as failed
from (
    select a.host, s.source_id, s.looked_at, greatest(s.seen_on, getvariable('first_day')) as day, true as ok, false as failed,
        null::boolean as of_it
    from seen_of s join coverage_asked a on a.id = s.platform_id where s.looked_at is not null
    union all
    select a.host, v.source_id, s.looked_at, v.day, v.ok, not v.ok, if(v.platform_id is null, null, v.ok)
    from visit v join shows s on s.source_id = v.source_id and v.day >= greatest(s.since, getvariable('first_day'))
    join coverage_asked a on v.platform_id is null or v.platform_id = a.id
)
group by host, source_id, looked_at, day;

create table covered_day as
select distinct host, unnest(generate_series(day::timestamp, least(day + 6, coalesce(next_failure - 1, day + 6))::timestamp, interval 1 day))::date as day
from (
    select *, min(day) filter (where failed and not ok) over (
        partition by host, source_id, looked_at order by day rows between 1 following and unbounded following
    ) as next_failure
    from look
) where ok;
