-- Orders and complaints that concern a promise while it stood; `place` is the promise's own, and the finding's for all together.

create macro of_each_and_all(promise) as ['promise:' || promise, 'finding:promises_kept'];

create table promised_order as
select o.host, unnest(of_each_and_all(p.promise)) as place, o.id,
    coalesce(known(o.delivered_at) <= o.paid_at + interval 1 hour, false) as kept,
    not kept and o.paid_at + interval 1 hour < ends() and not (o.state = 'delivered' and o.delivered_at is null) as late
from promise p join paid_order o on o.host = p.host and o.paid_at::date >= p.since and (p.until is null or o.paid_at::date < p.until)
where p.promise = 'instant_delivery';

create macro concerns(promise, kinds) as case promise
    when 'refund_days' then a_refund(kinds)
    when 'withdrawal' then list_has_any(kinds, ['withdrawal_blocked', 'balance_frozen'])
    else a_drop(kinds) end;

create table promised_complaint as
select c.host, unnest(of_each_and_all(p.promise)) as place, c.id,
    p.promise in ('refund_days', 'drop_compensation') as limited,
    c.filed_at + to_microseconds((p.days * 86400000000)::bigint) as due,
    limited and coalesce(c.completed_at <= due, false) as in_time,
    limited and not in_time and due < ends() and not (c.settled and c.completed_on is null) as overdue
from promise p join counted c on c.host = p.host and c.filed_on >= p.since and (p.until is null or c.filed_on < p.until)
where concerns(p.promise, c.kinds);

create table promised_aside as
select c.host, unnest(of_each_and_all(p.promise)) as place, c.id
from promise p join aside c on c.host = p.host and c.filed_on >= p.since and (p.until is null or c.filed_on < p.until)
where concerns(p.promise, c.kinds);

create table about_promises as
select host, place, id, bool_or(in_time) as in_time, bool_or(overdue) as overdue from promised_complaint group by all;
