-- The script reads the shop's numbers into an index. One that is too long for an index fails it, and is no courier's: of those
-- nothing above 512 bytes is read (id_bytes_max). So where an order shows such a one, a view that leaves it out stands before the
-- table while the script runs. It needs no right but that to the schema.
do $$
begin
  if to_regclass('"orders"') is null then
    return;
  end if;
  if exists (select from "orders" where octet_length("trackingNumber") > 512 or octet_length("maystroOrderId") > 512) then
    create view suivi."orders" as
    select "id", case when octet_length("trackingNumber") <= 512 then "trackingNumber" end as "trackingNumber",
           case when octet_length("maystroOrderId") <= 512 then "maystroOrderId" end as "maystroOrderId"
    from "orders";
    perform set_config('search_path', 'suivi, ' || current_setting('search_path'), true);
  end if;
end $$;
