-- What orders and complaints show of the promises of a site, for each promise and for all together.

-- figure promises
select host, count(*) as value from promise group by host

-- figure orders_kept by place
select host, place, count(distinct id) filter (kept) as value from promised_order group by host, place

-- figure orders_late by place
select host, place, count(distinct id) filter (late) as value from promised_order group by host, place

-- figure promise_complaints by place
select host, place, count(distinct id) as value from promised_complaint group by host, place

-- figure promise_complaints_in_time by place
select host, place, count(distinct id) filter (in_time and not overdue) as value from about_promises group by host, place

-- figure promise_complaints_overdue by place
select host, place, count(distinct id) filter (overdue) as value from about_promises group by host, place

-- figure promise_complaints_set_aside by place
select host, place, count(distinct id) as value from promised_aside group by host, place
