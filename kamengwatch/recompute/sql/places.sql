-- What other places contradict: a run of “down” of ours is taken back where, of the places that looked within 24 hours, ours among them,
-- no majority says down on some day by which their words were known. A place that was led elsewhere has no voice.

create table place_voice as
select look.*, observer_all.place from place_probe_all look join observer_all on observer_all.id = look.observer_id
where look.seen_at < ends();

-- Our own probes, and in which unbroken run each lies: a run ends with the next answer of any other kind.
create table own_probe as
select *, count(*) filter (outcome <> 'down') over (partition by platform_id order by observed_at, id rows unbounded preceding) as run
from probe_all where platform_id is not null and seen_at < ends();

create table taken_back as
with asked as (
    select platform_id, observed_at as moment from own_probe where outcome = 'down'
    union select platform_id, observed_at from place_voice
),
told as (
    select asked.platform_id, asked.moment, own.observed_at as ours, own.seen_at::date as seen_on, own.run
    from asked asof join own_probe own on asked.platform_id = own.platform_id and asked.moment >= own.observed_at
    where own.outcome = 'down' and asked.moment - own.observed_at <= interval 24 hour
),
latest as (
    select told.*, voice.outcome, coalesce(voice.class, '') as class, greatest(voice.seen_at::date, told.seen_on) as known_on
    from told join place_voice voice
        on voice.platform_id = told.platform_id and voice.observed_at between told.moment - interval 24 hour and told.moment
    qualify row_number() over (partition by told.platform_id, told.moment, voice.place order by voice.observed_at desc) = 1
),
counted as (
    select *, 1 + count(*) over by_then as voices, 1 + count(*) filter (outcome = 'down') over by_then as down
    from latest where class <> 'diverted'
    window by_then as (partition by platform_id, moment order by known_on)
),
contradicted as (
    select platform_id, run, ours, min(known_on) as back_on from counted where 2 * down <= voices group by platform_id, run, ours
)
select own_probe.id, min(back_on) as back_on
from own_probe join contradicted using (platform_id, run)
where own_probe.outcome = 'down' and own_probe.observed_at <= contradicted.ours
group by own_probe.id;
