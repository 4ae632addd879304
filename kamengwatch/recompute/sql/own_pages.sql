-- What sentences say of a site's own pages, prices and counters.

-- figure price_ratio
select k.host, exp(if(k.day = getvariable('as_of'), avg(p.distance), least(avg(p.distance), avg(p.distance) filter (p.observed_on + 7 > k.day)))) as value
from price_known k join compared_price p on p.host = k.host
    and p.known_on <= k.day and p.observed_on + 30 > k.day and (p.withdrawn_on is null or p.withdrawn_on > k.day)
group by k.host, k.day

-- figure backlog_days
select c.host, greatest(c.total - c.processed, 0) / f.value as value
from counter c join figures f on f.host = c.host and f.name = 'orders_per_day' where c.nth = 1

-- figure clauses
select host, clauses as value from terms

-- figure edits
select host, edits as value from terms

-- figure silent_edits
select host, silent_edits as value from terms

-- figure restrictions_added
select host, restrictions_added as value from terms

-- figure promises_removed
select host, promises_removed as value from terms

-- figure practices_stated
select host, len(practices) as n, 7 as "of", n / 7 as value from home

-- figure manual_products
select host, manual as value from home

-- figure number_sites
select o.host, count(distinct s.domain) as value
from own_number o join shown_number s on s.number = o.number
where not exists (from registered_number r where r.number = s.number and r.domain = s.domain)
group by o.host

-- figure resolutions_abroad
select host, count(*) as value from visible('resolution_all')
where json_array_length(places) > 0 and coalesce(alias_of, '') = '' group by host

-- figure down_days by until
select host, "until", "until" as since, max(observed_on) - min(observed_on) as value from (
    select *, coalesce(max(nth) filter (where outcome <> 'down') over (partition by host, "until"), 0) as last_answer from (
        select a.host, a."until", p.outcome, p.observed_at::date as observed_on,
            row_number() over (partition by a.host, a."until" order by p.observed_at, p.seen_at, p.source_id, p.id) as nth
        from (select distinct host, "until" from figures where name = 'down_days') a
        join site on site.host = a.host
        join probe_all p on p.platform_id = site.id and p.seen_at::date <= a."until"
            and (p.withdrawn_at is null or (p.withdrawn_at > p.seen_at and p.withdrawn_at::date > a."until"))
        where not (p.outcome = 'down' and p.seen_at::date in (select day from line_fault))
            and p.id not in (select id from taken_back where back_on <= a."until")
    )
) where nth > last_answer group by host, "until"

-- figure answered_before by until
select a.host, a."until", a."until" as since, count(p.id) filter (where p.outcome <> 'down') as value
from (select distinct host, "until" from figures where name = 'answered_before') a
join site on site.host = a.host
left join probe_all p on p.platform_id = site.id and p.seen_at::date <= a."until"
    and (p.withdrawn_at is null or (p.withdrawn_at > p.seen_at and p.withdrawn_at::date > a."until"))
group by a.host, a."until"

-- figure covered_share_14d by until
select a.host, a."until", a."until" - 13 as since,
    count(c.day) / greatest(1, least(14, a."until" - (select min(day) from covered_day f where f.host = a.host) + 1)) as value
from (select distinct host, "until" from figures where name = 'covered_share_14d') a
left join covered_day c on c.host = a.host and c.day between a."until" - 13 and a."until"
group by a.host, a."until"

-- figure complaints_read_days_ago
select host, getvariable('as_of') - max(day) as value from look where looked_at = 'complaint' and ok group by host

-- figure numbers_seen by place
select '' as host, 'source:' || source_id as place, least(sum(seen), sum(given)) as n, sum(given) as "of", n / "of" as value,
    getvariable('as_of') - 6 as since, getvariable('as_of') as until
from (
    select source_id, json_extract(measured, '$.window_numbers')::bigint as given, json_extract(measured, '$.window_seen')::bigint as seen
    from crawl_all
    where whole_source and outcome = 'ok' and finished_at >= ends() - interval 7 day and finished_at < ends()
        and coalesce(json_extract_string(measured, '$.window_from'), '') <> '' and given > 0
)
group by source_id
