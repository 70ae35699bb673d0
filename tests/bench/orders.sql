-- The shop of the webhook benches: :orders orders of one account, as wide as real ones, none of them shipped yet. The
-- references are those that webhook_text.cpp names. There may be other orders already, those of the courier's stand-in.
insert into shipping_accounts ("id", "name", "companyId", "credentials", "baseUrl", "isPrimary", "updatedAt")
select 'bench', 'Bench', "id", '{"apiKey": "example-key-1"}', 'http://127.0.0.1:1', true, now() at time zone 'UTC'
from shipping_companies where "slug" = 'maystro';

insert into customers ("id", "name", "phone", "updatedAt")
select 'customer-' || n, 'Client ' || n, '0550' || lpad(n::text, 6, '0'), now() at time zone 'UTC'
from generate_series(0, 9999) n
on conflict do nothing;

insert into orders ("id", "reference", "source", "status", "customerId", "total", "shippingCost", "notes", "storeIdentifier",
                    "additionalMetaData", "shippingAccountId", "orderDate", "createdAt", "updatedAt")
select 'bench-' || lpad(n::text, 9, '0'), 'BENCH-' || lpad(n::text, 7, '0'), 'ECOMANAGER', 'SHIPPED', 'customer-' || n % 10000,
       1500 + n % 80 * 100, 400, 'appeler avant de passer', 'store-' || n % 3,
       case when n % 10 = 0 then '{"ecoManagerConfirmationHistory": [{"state": "confirmed", "attempt": 1}]}'::jsonb end, 'bench', at, at, at
from generate_series(0, :orders - 1) n, lateral (select now() at time zone 'UTC' - (:orders - n) * interval '1 minute' as at) t;

vacuum analyze;
