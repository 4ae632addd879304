-- What was visible by the end of the day `as_of`, Shanghai time: seen before its last midnight and not withdrawn by then.
-- Sites are those that are watched; rows about a host or name nobody matched belong to no site.

create macro ends() as (getvariable('as_of') + interval 1 day)::timestamp;

-- A time that had not come by the end of the day is not known yet.
create macro known(moment) as if(moment < ends(), moment, null);

-- The first day of a window of so many days that ends today.
create macro days_back(days) as (getvariable('as_of') - (days - 1)::integer)::date;

create table site as
select p.id, p.host, p.name, o.name as operator, p.opened_on
from platform_all p left join operator_all o on o.id = p.operator_id
where p.status = 'watched';

create macro visible(t) as table
select site.host, site.id as site, row.* from query_table(t) row join site on site.id = row.platform_id
where row.seen_at < ends() and (row.withdrawn_at is null or (row.withdrawn_at > row.seen_at and row.withdrawn_at >= ends()));

-- The registrable domains of a site: of its host, and of the hosts among its other names.
create table own_domain as
select distinct site.id as site, d.domain
from site left join alias_all a on a.platform_id = site.id
join domain_of d on d.name = site.host or d.name = a.text;
