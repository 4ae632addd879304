-- What sentences say of third parties' indexes and of mentions elsewhere.

-- figure days_seen_elsewhere
select host, getvariable('as_of') - min(first_on) as value from (
    select *, row_number() over (partition by host, provider order by observed_at desc, id desc) as nth from visible('sighting_all')
) where nth = 1 and "count" > 0 and first_on is not null group by host

-- figure mentions_90d
select host, count(*) filter ("by" <> 'site') as value from visible('mention_all')
where said_at::date between days_back(90) and getvariable('as_of') group by host

-- figure mentions_trouble_90d
select host, count(*) filter ("by" <> 'site' and coalesce(state, '') <> 'solved'
    and regexp_matches(kinds, '"(drop|refund|withdrawal|balance|unreachable|site_gone|account_taken_back|invalid_card)')) as value
from visible('mention_all') where said_at::date between days_back(90) and getvariable('as_of') group by host

-- figure channel_posts_90d
select host, count(*) filter ("by" = 'site') as value from visible('mention_all')
where said_at::date between days_back(90) and getvariable('as_of') group by host
