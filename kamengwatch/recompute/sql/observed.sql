-- What was seen on the site itself and what registers answered, by the end of the day.

-- Our own line was at fault on a day on which more than half of the probes failed, of three sites and more, or none of any number
-- answered; not where a control page answered in a round begun that day.
create table control_day as
select started_at::date as day from crawl_all
where source_id = 'availability' and outcome = 'ok' and finished_at < ends()
    and coalesce(json_extract_string(measured, '$.controls.answered'), '') not in ('', '0', '[]', 'false');

create table line_fault as
select day from (
    select seen_at::date as day, count(distinct site.id) as sites, count(*) as probes, count(*) filter (outcome = 'down') as failed
    from probe_all join site on site.id = probe_all.platform_id
    where seen_at < ends() and (withdrawn_at is null or withdrawn_at > seen_at)
    group by seen_at::date
)
where (sites >= 3 or failed = probes) and failed / probes > 0.5 and day not in (select day from control_day);

create table usable_probe as
select *, observed_at::date as observed_on from visible('probe_all')
where outcome <> 'refused' and not (outcome = 'down' and seen_at::date in (select day from line_fault))
    and id not in (select id from taken_back);

-- An order is dropped when it is missing, or was not delivered by its deadline: what the product promises, else 24 hours.
-- One said to be delivered, without a time, is taken at its word.
create table paid_order as
select *, state = 'missing' or (
        deadline <= ends() and not coalesce(delivered_at <= deadline, state = 'delivered')
    ) as dropped
from (
    select *, paid_at + to_microseconds(round(coalesce(promised_hours, 24) * 3600000000)::bigint) as deadline
    from visible('order_record_all')
);

-- The newest row of each site first; of one moment what was seen last.
create macro newest(t) as table
select *, row_number() over (partition by host order by observed_at desc, seen_at desc, source_id desc, id desc) as nth
from query_table(t);

create table visible_orders as select * from visible('orders_all') where not hidden and total is not null;
create table counter as from newest('visible_orders');

create table penalty as select * from visible('penalty_all') where category <> '列入公开名单';

-- Answers about the site's own domains: those of its host and of the hosts among its other names.
create table own_filing as
select f.* from visible('filing_all') f
where f.domain is null or f.domain = '' or exists (
    from own_domain o join domain_of d on d.domain = o.domain where o.site = f.site and d.name = f.domain
);

-- A page that announces a new address where its version before did not, and a redirect to another registrable domain.
create table page as select *, observed_at::date as observed_on from visible('page_all');

create table domain_change as
select host, observed_on from (
    select host, observed_on, announces, lag(announces) over (
        partition by host, role order by observed_at, seen_at, source_id, id
    ) as announced
    from (
        select *, coalesce(regexp_matches(text, '(最新|新的?|备用)(地址|域名|网址)|更换(域名|网址|地址)|域名(更换|变更|迁移)'), false) as announces
        from page
    )
) where announces and not announced
union all
select host, observed_at::date from visible('move_all') where via = 'redirect';

-- The Sunday that ended the last whole week, and the first day of the twelve calendar months that end with this one.
create macro last_sunday() as getvariable('as_of') - (dayofweek(getvariable('as_of')))::integer;
create macro first_of_months() as (date_trunc('month', getvariable('as_of')) - interval 11 month)::date;

-- Sites whose state became closed within twelve months, by the first time: the first day down, and the earliest warning in the
-- 180 days before it. The days a site had been down when it became closed, and whether it had ever answered, are as the sentence gives them.
create table closure as
with closed as (
    select w.host, min(w."on") as closed_on from warnings w
    where w.to_state = 'closed' and w."on" >= first_of_months() group by w.host
), down as (
    select c.host, (c.closed_on - d.value::integer)::date as down_on, a.value > 0 as answered from closed c
    join figures d on d.host = c.host and d.place = 'warning:' || c.closed_on and d.name = 'down_days'
    join figures a on a.host = c.host and a.place = d.place and a.name = 'answered_before'
)
select d.host, d.down_on, d.answered, min(w."on") as warned_on
from down d left join warnings w on w.host = d.host and w.to_state in ('warning', 'alarm')
    and w."on" < d.down_on and w."on" >= d.down_on - 180
group by d.host, d.down_on, d.answered;

-- What the newest home page with text stated besides it: of seven practices, and how many goods are delivered by hand.
create table home as
select host, list_distinct(list_concat(
        list_filter(coalesce(from_json(json_extract(signs, '$.features'), '["varchar"]'), []), lambda f: f in (
            'order_query', 'order_reminder', 'auto_retry', 'timeout_refund', 'drop_priority', 'compensation', 'automatic_delivery')),
        if(automatic > manual, ['automatic_delivery'], []),
        if(list_contains(json_extract_string(signs, '$.promises[*].kind'), 'compensation'), ['compensation'], [])
    )) as practices, manual
from (
    select host, signs, coalesce(json_extract(signs, '$.delivery.automatic')::bigint, 0) as automatic,
        coalesce(json_extract(signs, '$.delivery.manual')::bigint, 0) as manual,
        row_number() over (
            partition by host order by coalesce(signs, '') not in ('', 'null', '{}') desc, observed_at desc, id desc
        ) as nth
    from page where role = 'home' and text <> ''
) where nth = 1;

-- Filing numbers: what the newest footer of each site shows, and for which domains the registry gave a number.
create table footer as
select host, site, number, row_number() over (partition by host order by observed_at desc, seen_at desc, source_id desc, p.id desc) as nth
from page p join filing_number n on n.text = p.footer_icp where footer_icp <> '';

create table own_number as
select host, number from (
    select host, n.number, row_number() over (partition by host order by observed_at desc, p.id desc) as nth
    from page p left join filing_number n on n.text = p.footer_icp where footer_icp <> ''
) where nth = 1 and number is not null;

create table shown_number as
select f.number, min(o.domain) as domain from footer f join own_domain o on o.site = f.site where f.nth = 1 group by f.host, f.number;

create table registered_number as
select distinct n.number, d.domain
from visible('filing_all') f join filing_number n on n.text = f.number join domain_of d on d.name = f.domain;
